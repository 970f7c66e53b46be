// What training does to rows of floats besides products, compiled once per level: gradients, the loss, the optimizer.

static float dot(const float *a, const float *b, size_t length) {
    f32x16 sum = {};
    EACH_VECTOR({ sum = fma16(load_up_to(a + at, count), load_up_to(b + at, count), sum); })
    return sum16(sum);
}

static double sum_of_squares(const float *row, size_t length) {
    f64x16 sums = {};
    EACH_VECTOR({
        const f64x16 wide = __builtin_convertvector(load_up_to(row + at, count), f64x16);
        sums += wide * wide;
    })
    double sum = 0;
    for (int i = 0; i < 16; i++) sum += sums[i];
    return sum;
}

static void multiply_by(const float *row, float factor, size_t length, float *out) {
    for (size_t i = 0; i < length; i++) out[i] = row[i] * factor;
}

static size_t first_non_finite(const float *row, size_t length) {
    size_t at = 0;
    for (; at + 16 <= length; at += 16) {
        // x − x is 0 for every finite x, and NaN for the others.
        const f32x16 v = load_f32x16(row + at), difference = v - v;
        float sum = 0;
        UNROLL for (int i = 0; i < 16; i++) sum += difference[i];
        if (sum != 0) break;
    }
    for (; at < length; at++) {
        if (row[at] - row[at] != 0) return at;
    }
    return length;
}

// With r = 1 / sqrt(mean of squares + epsilon) and y = x r w:
// ∂w += ∂y x r, and ∂x = r (∂y w − x r² mean(∂y w x)).
static void rms_norm_backward(
    const float *gradient, const float *row, const float *weight, size_t length, float epsilon, float *row_gradient,
    float *weight_gradient, bool adds
) {
    f32x16 squares = {}, products = {};
    EACH_VECTOR({
        const f32x16 x = load_up_to(row + at, count);
        squares = fma16(x, x, squares);
        products = fma16(load_up_to(gradient + at, count) * load_up_to(weight + at, count), x, products);
    })
    const float root = 1.0f / sqrtf(sum16(squares) / (float)length + epsilon);
    const float factor = sum16(products) / (float)length * root * root;
    EACH_VECTOR({
        const f32x16 x = load_up_to(row + at, count), y = load_up_to(gradient + at, count);
        f32x16 slope = (y * load_up_to(weight + at, count) - x * factor) * root;
        if (adds) slope += load_up_to(row_gradient + at, count);
        store_part(slope, row_gradient + at, count);
        store_part(fma16(y, x * root, load_up_to(weight_gradient + at, count)), weight_gradient + at, count);
    })
}

// silu(g) = g s with s = 1 / (1 + e^−g), so silu′(g) = s (1 + g (1 − s)).
static void silu_multiply_backward(
    const float *gradient, const float *gate, const float *up, size_t length, float *gate_gradient, float *up_gradient
) {
    EACH_VECTOR({
        const f32x16 y = load_up_to(gradient + at, count), g = load_up_to(gate + at, count);
        const f32x16 u = load_up_to(up + at, count);
        const f32x16 s = splat(1.0f) / (exp16(-g) + 1.0f);
        store_part(y * u * s * fma16(g, 1.0f - s, splat(1.0f)), gate_gradient + at, count);
        store_part(y * g * s, up_gradient + at, count);
    })
}

// Of softmax and −log p together: (p − 1 at the target) × factor.
static double cross_entropy(float *row, size_t length, size_t target, float factor) {
    const double sum = log_sum_exp(row, length);
    const double loss = sum - (double)row[target];
    EACH_VECTOR({ store_part(exp16(load_up_to(row + at, count) - (float)sum) * factor, row + at, count); })
    row[target] -= factor;
    return loss;
}

static void adamw(
    float *parameters, const float *gradients, float *first, float *second, size_t length, const ck_adamw *step
) {
    EACH_VECTOR({
        const f32x16 g = load_up_to(gradients + at, count) * step->gradient_scale;
        f32x16 m = load_up_to(first + at, count), v = load_up_to(second + at, count);
        m = fma16(splat(1 - step->beta1), g - m, m);
        v = fma16(g * g, splat(1 - step->beta2), v * step->beta2);
        const f32x16 kept = load_up_to(parameters + at, count) * step->keep;
        const f32x16 root = __builtin_elementwise_sqrt(v) * step->root_scale + step->epsilon;
        store_part(kept - step->step_size * (m / root), parameters + at, count);
        store_part(m, first + at, count);
        store_part(v, second + at, count);
    })
}
