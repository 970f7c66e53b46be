// Causal attention of whole sequences and its gradient, compiled once per level; one call does one key and value head.
//
// Blocks of queries meet blocks of keys, those on or below the diagonal and within the window only, with a running
// maximum (Dao et al., 2022, arXiv 2205.14135). The gradient recomputes the probabilities from the logarithms of their
// sums. Key blocks begin at multiples of KEYS, which is a multiple of QUERIES, so a block's first query is not before its
// first key.

#define QUERIES 64
#define KEYS 128

/// The keys of a block that a query sees: `low` up to, not including, `high`.
typedef struct {
    size_t low, high;
} visible;

INLINE visible visible_keys(const ck_attention *shape, size_t query, size_t key, size_t keys) {
    const size_t first = query + 1 > shape->window ? query + 1 - shape->window : 0;
    const size_t low = first > key ? first - key : 0, high = query + 1 - key;
    return (visible){low < keys ? low : keys, high < keys ? high : keys};
}

INLINE size_t first_key_block(const ck_attention *shape, size_t query) {
    return query + 1 > shape->window ? (query + 1 - shape->window) / KEYS * KEYS : 0;
}

INLINE ck_strided rows_of(const float *at, size_t stride) {
    return (ck_strided){at, stride, 1};
}

INLINE ck_strided transposed(const float *at, size_t stride) {
    return (ck_strided){at, 1, stride};
}

/// Which of the 16 keys from `at` on are visible.
INLINE i32x16 visible_lanes(visible seen, size_t at) {
    const i32x16 key = (i32x16){0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15} + (int32_t)at;
    return (key >= (int32_t)seen.low) & (key < (int32_t)seen.high);
}

/// The greatest of a row's visible scores; −∞ if there are none.
INLINE float greatest_visible(const float *row, visible seen) {
    f32x16 most = splat(-INFINITY);
    for (size_t at = seen.low / 16 * 16; at < seen.high; at += 16) {
        most = max16(choose(visible_lanes(seen, at), load_f32x16(row + at), splat(-INFINITY)), most);
    }
    return greatest16(most);
}

/// Replaces a row of scores by e^(score × factor − most), 0 where a key is not visible. Returns their sum.
///
/// Rows are whole vectors long, and what lies beyond the keys is not looked at.
INLINE float powers(float *row, visible seen, size_t keys, float factor, float most) {
    f32x16 sum = {};
    for (size_t at = 0; at < keys; at += 16) {
        f32x16 power = {};
        if (at + 16 > seen.low && at < seen.high) {
            power = exp16(fma16(load_f32x16(row + at), splat(factor), splat(-most)));
            power = choose(visible_lanes(seen, at), power, (f32x16){});
        }
        store(power, row + at);
        sum += power;
    }
    return sum16(sum);
}

static void attend_block(
    const ck_attention *shape, size_t query, const float *queries, const float *keys, const float *values, float *out,
    float *log_sums
) {
    const size_t rows = least(QUERIES, shape->length - query), end = query + rows, size = shape->head_size;
    float scores[QUERIES * KEYS] __attribute__((aligned(64)));
    float most[QUERIES], total[QUERIES];
    for (size_t i = 0; i < rows; i++) {
        most[i] = -INFINITY;
        total[i] = 0;
        memset(out + i * shape->query_stride, 0, size * sizeof(float));
    }
    for (size_t key = first_key_block(shape, query); key < end; key += KEYS) {
        const size_t width = least(KEYS, end - key);
        multiply_dense(
            rows_of(queries, shape->query_stride), transposed(keys + key * shape->key_stride, shape->key_stride), rows,
            width, size, scores, KEYS, false);
        for (size_t i = 0; i < rows; i++) {
            const visible seen = visible_keys(shape, query + i, key, width);
            float *row = scores + i * KEYS, *sum = out + i * shape->query_stride;
            const float highest = greatest_visible(row, seen) * shape->scale;
            if (highest > most[i]) {
                if (total[i] != 0) {
                    const float kept = exp16(splat(most[i] - highest))[0];
                    multiply_by(sum, kept, size, sum);
                    total[i] *= kept;
                }
                most[i] = highest;
            }
            total[i] += powers(row, seen, width, shape->scale, most[i]);
        }
        multiply_dense(
            rows_of(scores, KEYS), rows_of(values + key * shape->key_stride, shape->key_stride), rows, size, width, out,
            shape->query_stride, true);
    }
    for (size_t i = 0; i < rows; i++) {
        multiply_by(out + i * shape->query_stride, 1 / total[i], size, out + i * shape->query_stride);
        log_sums[i * shape->sum_stride] = most[i] + logf(total[i]);
    }
}

static void attend_causally(
    const ck_attention *shape, const float *queries, const float *keys, const float *values, float *out, float *log_sums
) {
    for (size_t head = 0; head < shape->group; head++) {
        for (size_t query = 0; query < shape->length; query += QUERIES) {
            const size_t at = query * shape->query_stride + head * shape->head_size;
            attend_block(
                shape, query, queries + at, keys, values, out + at, log_sums + query * shape->sum_stride + head);
        }
    }
}

/// With P the probabilities and O = P V: ∂V += Pᵀ ∂O, ∂P = ∂O Vᵀ, ∂S = P ∘ (∂P − rowsum(∂O ∘ O)) × scale,
/// ∂Q = ∂S K and ∂K += ∂Sᵀ Q.
static void attend_block_backward(
    const ck_attention *shape, size_t query, const float *gradient, const float *queries, const float *keys,
    const float *values, const float *out, const float *log_sums, float *query_gradient, float *key_gradient,
    float *value_gradient
) {
    const size_t rows = least(QUERIES, shape->length - query), end = query + rows, size = shape->head_size;
    const ck_strided ours = rows_of(queries, shape->query_stride), slopes = rows_of(gradient, shape->query_stride);
    float chances[QUERIES * KEYS] __attribute__((aligned(64)));
    float scores[QUERIES * KEYS] __attribute__((aligned(64)));
    float shared[QUERIES];
    for (size_t i = 0; i < rows; i++) {
        shared[i] = dot(gradient + i * shape->query_stride, out + i * shape->query_stride, size);
    }
    const size_t first = first_key_block(shape, query);
    for (size_t key = first; key < end; key += KEYS) {
        const size_t width = least(KEYS, end - key), at = key * shape->key_stride;
        multiply_dense(ours, transposed(keys + at, shape->key_stride), rows, width, size, chances, KEYS, false);
        multiply_dense(slopes, transposed(values + at, shape->key_stride), rows, width, size, scores, KEYS, false);
        for (size_t i = 0; i < rows; i++) {
            float *p = chances + i * KEYS, *s = scores + i * KEYS;
            powers(p, visible_keys(shape, query + i, key, width), width, shape->scale, log_sums[i * shape->sum_stride]);
            for (size_t j = 0; j < width; j++) s[j] = p[j] * (s[j] - shared[i]) * shape->scale;
        }
        multiply_dense(
            transposed(chances, KEYS), slopes, width, size, rows, value_gradient + at, shape->key_stride, true);
        multiply_dense(transposed(scores, KEYS), ours, width, size, rows, key_gradient + at, shape->key_stride, true);
        multiply_dense(
            rows_of(scores, KEYS), rows_of(keys + at, shape->key_stride), rows, size, width, query_gradient,
            shape->query_stride, key != first);
    }
}

static void attend_causally_backward(
    const ck_attention *shape, const float *gradient, const float *queries, const float *keys, const float *values,
    const float *out, const float *log_sums, float *query_gradient, float *key_gradient, float *value_gradient
) {
    for (size_t i = 0; i < shape->length; i++) {
        memset(key_gradient + i * shape->key_stride, 0, shape->head_size * sizeof(float));
        memset(value_gradient + i * shape->key_stride, 0, shape->head_size * sizeof(float));
    }
    for (size_t head = 0; head < shape->group; head++) {
        for (size_t query = 0; query < shape->length; query += QUERIES) {
            const size_t at = query * shape->query_stride + head * shape->head_size;
            attend_block_backward(
                shape, query, gradient + at, queries + at, keys, values, out + at,
                log_sums + query * shape->sum_stride + head, query_gradient + at, key_gradient, value_gradient);
        }
    }
}

#undef QUERIES
#undef KEYS
