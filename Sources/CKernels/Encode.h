// Rows of floats into ggml's formats of 256 weights a block, compiled once per level.
//
// Scales are searched for as ggml's reference does without an importance matrix: great values count for more, and of some
// twenty spacings the one is kept whose line, fitted by least squares, errs least. What such a scale becomes in the few bits
// it has is then chosen by the same error, where ggml rounds to nearest.

/// The power of two that puts a block's greatest magnitude between 1 and 4 when the block is divided by it, so that no
/// square overflows or vanishes; NaN for a block with a NaN or an infinity.
INLINE float unit_of_block(const float *row) {
    float most = 0;
    for (int i = 0; i < 256; i += 32) {
        const float magnitude = greatest_magnitude(row + i);
        if (!(magnitude <= FLT_MAX)) return NAN;
        most = magnitude > most ? magnitude : most;
    }
    const uint32_t exponent = float_bits(most) >> 23;
    return bits_float((exponent < 1 ? 1 : exponent > 253 ? 253 : exponent) << 23);
}

/// Stores what scales are multiples of: `greatest`, the greatest of them in magnitude, is `limit` times that.
/// Returns it as it is stored, in units of `unit` as `greatest` is.
INLINE float store_factor(float greatest, float limit, float unit, uint8_t *to) {
    const float factor = greatest / limit * unit;
    store_f16(factor, to);
    // Near the least of f16, rounding may take away much or all.
    if (fabsf(load_f16(to)) * (limit + 0.5f) < fabsf(factor) * limit) {
        uint16_t half;
        memcpy(&half, to, 2);
        half++;
        memcpy(to, &half, 2);
    }
    return load_f16(to) / unit;
}

/// How often `factor` goes into a scale, from `least` to `most`.
INLINE int multiple(float scale, float factor, int least, int most) {
    const float ratio = factor != 0 ? roundf(scale / factor) : 0;
    return ratio > (float)least ? ratio < (float)most ? (int)ratio : most : least;
}

/// To the nearest integers, ties to even, from `least` to `most`.
INLINE f32x16 rounded_within(f32x16 values, float least, float most) {
    const f32x16 magic = splat(12582912.0f), low = splat(least), high = splat(most);
    const f32x16 rounded = (values + magic) - magic;
    const f32x16 raised = choose(rounded > low, rounded, low);
    return choose(raised < high, raised, high);
}

// Q6_K: value = scale × q, q in −32…31, for 16 values.

INLINE f32x16 q6_k_quants(f32x16 x, float scale) {
    return rounded_within(scale != 0 ? x / scale : (f32x16){}, -32, 31);
}

/// The scale that 16 values would have if it could be any number.
static __attribute__((noinline)) float fit_q6_k(const float *values) {
    const f32x16 x = load_f32x16(values);
    const float high = greatest16(x), low = -greatest16(-x);
    const float extreme = high > -low ? high : low;
    if (extreme == 0) return 0;
    float scale = 0, best = 0;
    for (int step = -9; step <= 9; step++) {
        // The extreme becomes −32, or a little less or more than that.
        const f32x16 q = rounded_within(x * (-(32 + 0.1f * (float)step) / extreme), -32, 31);
        const f32x16 weighted = x * x * q;
        const float products = sum16(weighted * x), squares = sum16(weighted * q);
        if (squares > 0 && products * products > best * squares) {
            scale = products / squares;
            best = scale * products;
        }
    }
    return scale;
}

/// The multiple of `factor` that stands best for `scale`.
static __attribute__((noinline)) int choose_q6_k(const float *values, float scale, float factor) {
    const f32x16 x = load_f32x16(values);
    const int nearest = multiple(scale, factor, -128, 127);
    int chosen = nearest;
    float least = INFINITY;
    for (int candidate = nearest - 1; candidate <= nearest + 1; candidate++) {
        if (candidate < -128 || candidate > 127) continue;
        const f32x16 off = factor * (float)candidate * q6_k_quants(x, factor * (float)candidate) - x;
        const float error = sum16(x * x * off * off);
        if (error < least) {
            least = error;
            chosen = candidate;
        }
    }
    return chosen;
}

static void encode_q6_k_block(const float *row, uint8_t *block) {
    memset(block, 0, 210);
    const float unit = unit_of_block(row);
    if (isnan(unit)) return store_f16(unit, block + 208);
    float x[256], scales[16], most = 0;
    for (int i = 0; i < 256; i++) x[i] = row[i] / unit;
    for (int j = 0; j < 16; j++) {
        scales[j] = fit_q6_k(x + 16 * j);
        if (fabsf(scales[j]) > fabsf(most)) most = scales[j];
    }
    const float factor = store_factor(-most, 128, unit, block + 208);
    if (!(fabsf(factor) <= FLT_MAX)) return;
    for (int j = 0; j < 16; j++) {
        const int scale = choose_q6_k(x + 16 * j, scales[j], factor);
        float quants[16];
        store(q6_k_quants(load_f32x16(x + 16 * j), factor * (float)scale) + 32.0f, quants);
        const int half = j / 8, quarter = j % 8 / 2;
        uint8_t *low = block + 64 * half + 32 * (quarter % 2) + 16 * (j % 2);
        uint8_t *high = block + 128 + 32 * half + 16 * (j % 2);
        block[192 + j] = (uint8_t)(int8_t)scale;
        for (int i = 0; i < 16; i++) {
            const int quant = (int)quants[i];
            low[i] |= (uint8_t)((quant & 15) << 4 * (quarter / 2));
            high[i] |= (uint8_t)(quant >> 4 << 2 * quarter);
        }
    }
}

static void encode_q6_k(const float *row, size_t columns, void *file) {
    uint8_t *block = file;
    for (size_t c = 0; c < columns; c += 256, row += 256, block += 210) encode_q6_k_block(row, block);
}

// Q4_K and Q5_K: value = scale × q − minimum, q from 0, for 32 values.

typedef struct {
    float scale, minimum;
} ck_line;

/// 32 values, how much each of them counts, and the sums that are the same for every line.
typedef struct {
    f32x16 x[2], weights[2];
    float weight_sum, weighted_sum;
} ck_thirty_two;

/// A value counts for its magnitude and the root mean square of all.
INLINE ck_thirty_two weighed(const float *values) {
    ck_thirty_two all = {.x = {load_f32x16(values), load_f32x16(values + 16)}};
    const f32x16 squares = all.x[0] * all.x[0] + all.x[1] * all.x[1];
    const f32x16 root = splat(sqrtf(sum16(squares) / 32));
    for (int i = 0; i < 2; i++) all.weights[i] = root + max16(all.x[i], -all.x[i]);
    all.weight_sum = sum16(all.weights[0] + all.weights[1]);
    all.weighted_sum = sum16(all.weights[0] * all.x[0] + all.weights[1] * all.x[1]);
    return all;
}

INLINE f32x16 k4_quants(f32x16 x, ck_line line, float top) {
    return rounded_within(line.scale > 0 ? (x + line.minimum) * (1.0f / line.scale) : (f32x16){}, 0, top);
}

INLINE float error_of(const ck_thirty_two *all, ck_line line, float top) {
    f32x16 errors = {};
    UNROLL for (int i = 0; i < 2; i++) {
        const f32x16 off = line.scale * k4_quants(all->x[i], line, top) - line.minimum - all->x[i];
        errors += all->weights[i] * off * off;
    }
    return sum16(errors);
}

/// The line through the points (q, x) by least squares, where the values are `spacing` apart and `low` is at 0.
INLINE ck_line regression(const ck_thirty_two *all, float low, float spacing, float top) {
    const ck_line guess = {spacing, -low};
    f32x16 sums = {}, squares = {}, products = {};
    UNROLL for (int i = 0; i < 2; i++) {
        const f32x16 q = k4_quants(all->x[i], guess, top), weighted = all->weights[i] * q;
        sums += weighted;
        squares += weighted * q;
        products += weighted * all->x[i];
    }
    const float q = sum16(sums), qq = sum16(squares), qx = sum16(products);
    const float determinant = all->weight_sum * qq - q * q;
    if (!(determinant > 0)) return guess;
    const ck_line line = {
        (all->weight_sum * qx - all->weighted_sum * q) / determinant,
        (q * qx - qq * all->weighted_sum) / determinant,
    };
    // Nothing is ever added to all values.
    return line.minimum < 0 ? (ck_line){qx / qq, 0} : line;
}

/// The line that 32 values would lie on if its numbers could be any: of spacings from `first` beyond `top` on, in tenths.
static __attribute__((noinline)) ck_line fit_k4(const float *values, float top, float first, int steps) {
    const ck_thirty_two all = weighed(values);
    const float least = -greatest16(max16(-all.x[0], -all.x[1])), most = greatest16(max16(all.x[0], all.x[1]));
    const float low = least < 0 ? least : 0;
    if (!(most > low)) return (ck_line){0, -low};
    ck_line best = {(most - low) / top, -low};
    float error = error_of(&all, best, top);
    for (int step = 0; step < steps; step++) {
        const float spacing = (most - low) / (top + first + 0.1f * (float)step);
        const ck_line line = regression(&all, low, spacing, top);
        const float own = error_of(&all, line, top);
        if (line.scale > 0 && own < error) {
            error = own;
            best = line;
        }
    }
    return best;
}

/// The multiples of the factors that stand best for a line: from the nearest on, whichever neighbor errs least.
static __attribute__((noinline)) void choose_k4(
    const float *values, ck_line line, ck_line factors, float top, int *scale, int *minimum
) {
    const ck_thirty_two all = weighed(values);
    *scale = multiple(line.scale, factors.scale, 0, 63);
    *minimum = multiple(line.minimum, factors.minimum, 0, 63);
    float least = INFINITY;
    for (int round = 0; round < 4; round++) {
        const int near_scale = *scale, near_minimum = *minimum;
        for (int s = near_scale - 1; s <= near_scale + 1; s++) {
            for (int m = near_minimum - 1; m <= near_minimum + 1; m++) {
                if (s < 0 || s > 63 || m < 0 || m > 63) continue;
                const float error = error_of(&all, (ck_line){factors.scale * (float)s, factors.minimum * (float)m}, top);
                if (error < least) {
                    least = error;
                    *scale = s;
                    *minimum = m;
                }
            }
        }
        if (*scale == near_scale && *minimum == near_minimum) break;
    }
}

/// `scale_k4` reads it.
INLINE void store_scale_k4(uint8_t *scales, int j, int scale, int minimum) {
    if (j < 4) {
        scales[j] |= (uint8_t)scale;
        scales[j + 4] |= (uint8_t)minimum;
    } else {
        scales[j + 4] |= (uint8_t)((scale & 15) | (minimum & 15) << 4);
        scales[j - 4] |= (uint8_t)(scale >> 4 << 6);
        scales[j] |= (uint8_t)(minimum >> 4 << 6);
    }
}

/// The parts lie as `decode_k4` reads them; all of them are zeros.
static void encode_k4(
    const float *row, uint8_t *block, uint8_t *upper, uint8_t *lower, float top, float first, int steps
) {
    const float unit = unit_of_block(row);
    if (isnan(unit)) return store_f16(unit, block);
    float x[256];
    for (int i = 0; i < 256; i++) x[i] = row[i] / unit;
    ck_line lines[8], most = {};
    for (int j = 0; j < 8; j++) {
        lines[j] = fit_k4(x + 32 * j, top, first, steps);
        if (lines[j].scale > most.scale) most.scale = lines[j].scale;
        if (lines[j].minimum > most.minimum) most.minimum = lines[j].minimum;
    }
    const ck_line factors = {
        store_factor(most.scale, 63, unit, block),
        store_factor(most.minimum, 63, unit, block + 2),
    };
    if (!(factors.scale <= FLT_MAX && factors.minimum <= FLT_MAX)) return;
    for (int j = 0; j < 8; j++) {
        int scale, minimum;
        choose_k4(x + 32 * j, lines[j], factors, top, &scale, &minimum);
        store_scale_k4(block + 4, j, scale, minimum);
        const ck_line line = {factors.scale * (float)scale, factors.minimum * (float)minimum};
        float quants[32];
        for (int i = 0; i < 32; i += 16) store(k4_quants(load_f32x16(x + 32 * j + i), line, top), quants + i);
        for (int i = 0; i < 32; i++) {
            const int quant = (int)quants[i];
            lower[32 * (j / 2) + i] |= (uint8_t)((quant & 15) << 4 * (j % 2));
            if (upper) upper[i] |= (uint8_t)(quant >> 4 << j);
        }
    }
}

static void encode_q4_k(const float *row, size_t columns, void *file) {
    uint8_t *block = file;
    memset(block, 0, columns / 256 * 144);
    for (size_t c = 0; c < columns; c += 256, row += 256, block += 144) {
        encode_k4(row, block, NULL, block + 16, 15, -1.0f, 21);
    }
}

static void encode_q5_k(const float *row, size_t columns, void *file) {
    uint8_t *block = file;
    memset(block, 0, columns / 256 * 176);
    for (size_t c = 0; c < columns; c += 256, row += 256, block += 176) {
        encode_k4(row, block, block + 16, block + 48, 31, -0.5f, 16);
    }
}
