// Operations on rows of floats, compiled once per level. What is left of a row after whole vectors goes through the
// same instructions, padded, so that a value does not depend on where it stands.

static void rms_norm(const float *row, const float *weight, size_t length, float epsilon, float *out) {
    f32x16 squares[4] = {};
    const size_t whole = length / 64 * 64;
    for (size_t at = 0; at < whole; at += 64) {
        UNROLL for (size_t i = 0; i < 4; i++) {
            const f32x16 v = load_f32x16(row + at + 16 * i);
            squares[i] = fma16(v, v, squares[i]);
        }
    }
    for (size_t at = whole; at < length; at += 16) {
        const f32x16 v = load_up_to(row + at, length - at);
        squares[0] = fma16(v, v, squares[0]);
    }
    const float mean = sum16((squares[0] + squares[1]) + (squares[2] + squares[3])) / (float)length;
    const float scale = 1.0f / sqrtf(mean + epsilon);
    EACH_VECTOR({
        store_part(load_up_to(row + at, count) * scale * load_up_to(weight + at, count), out + at, count);
    })
}

static void silu_multiply(const float *gate, const float *up, size_t length, float *out) {
    EACH_VECTOR({
        const f32x16 g = load_up_to(gate + at, count);
        store_part(g / (exp16(-g) + 1.0f) * load_up_to(up + at, count), out + at, count);
    })
}

static float greatest(const float *row, size_t length) {
    f32x16 most = splat(-INFINITY);
    for (size_t at = 0; at + 16 <= length; at += 16) most = max16(load_f32x16(row + at), most);
    float result = greatest16(most);
    for (size_t i = length / 16 * 16; i < length; i++) result = row[i] > result ? row[i] : result;
    return result;
}

static void softmax(float *row, size_t length) {
    const float most = greatest(row, length);
    f32x16 sums = {};
    EACH_VECTOR({
        const f32x16 power = exp16(load_up_to(row + at, count) - most);
        store_part(power, row + at, count);
        sums += load_up_to(row + at, count);
    })
    const float sum = sum16(sums);
    EACH_VECTOR({ store_part(load_up_to(row + at, count) / sum, row + at, count); })
}

static double log_sum_exp(const float *row, size_t length) {
    const float most = greatest(row, length);
    f64x16 sums = {};
    EACH_VECTOR({
        f32x16 power = exp16(load_up_to(row + at, count) - most);
        float lanes[16];
        store(power, lanes);
        power = load_up_to(lanes, count);
        sums += __builtin_convertvector(power, f64x16);
    })
    double sum = 0;
    for (int i = 0; i < 16; i++) sum += sums[i];
    return (double)most + log(sum);
}

static void add(const float *row, size_t length, float *sum) {
    for (size_t i = 0; i < length; i++) sum[i] += row[i];
}

static void add_weighted(const float *row, float weight, size_t length, float *sum) {
    EACH_VECTOR({
        store_part(fma16(splat(weight), load_up_to(row + at, count), load_up_to(sum + at, count)), sum + at, count);
    })
}

static void rotate_adjacent(float *head, const float *cosines, const float *sines, size_t pairs) {
    for (size_t i = 0; i < pairs; i++) {
        const float first = head[2 * i], second = head[2 * i + 1];
        head[2 * i] = first * cosines[i] - second * sines[i];
        head[2 * i + 1] = first * sines[i] + second * cosines[i];
    }
}

static void rotate_halves(float *head, const float *cosines, const float *sines, size_t pairs) {
    for (size_t i = 0; i < pairs; i++) {
        const float first = head[i], second = head[i + pairs];
        head[i] = first * cosines[i] - second * sines[i];
        head[i + pairs] = first * sines[i] + second * cosines[i];
    }
}
