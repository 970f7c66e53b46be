// Softmax attention of one token, compiled once per level.
//
// Positions are taken in chunks that begin at multiples of 256, with a running maximum (Milakov and Gimelshein, 2018,
// arXiv 1805.02867), so that scores need no memory that grows with the context. Sums grow where the result will be, so
// that a head may be as wide as one likes. A head's result depends on its query, the positions and nothing else: not on
// the heads that are computed beside it.

#define CHUNK 256

/// `scores[h][p]` = query h · key of position `block` × 16 + p, for `blocks` blocks of 16 positions.
TILE void score_tile(
    const size_t heads, const size_t blocks, const float *queries, size_t head_size, const float *keys, float scale,
    float *scores
) {
    f32x16 sum[4][2] = {};
    for (size_t d = 0; d < head_size; d++) {
        UNROLL for (size_t b = 0; b < blocks; b++) {
            const f32x16 key = load_f32x16(ahead(keys + (b * head_size + d) * 16));
            UNROLL for (size_t h = 0; h < heads; h++) {
                sum[h][b] = fma16(key, splat(queries[h * head_size + d]), sum[h][b]);
            }
        }
    }
    UNROLL for (size_t b = 0; b < blocks; b++) {
        UNROLL for (size_t h = 0; h < heads; h++) store(sum[h][b] * scale, scores + h * CHUNK + b * 16);
    }
}

/// `out[h]` = `out[h]` × `keep[h]` + the values of `count` positions weighted, over `vectors` × 16 components; heads are
/// `stride` apart.
TILE void value_tile(
    const size_t heads, const size_t vectors, const float *values, size_t width, const float *weights, size_t count,
    const float *keep, float *out, size_t stride
) {
    f32x16 sum[4][4];
    UNROLL for (size_t h = 0; h < heads; h++) {
        UNROLL for (size_t v = 0; v < vectors; v++) {
            sum[h][v] = load_f32x16(out + h * stride + v * 16) * keep[h];
        }
    }
    for (size_t p = 0; p < count; p++) {
        UNROLL for (size_t v = 0; v < vectors; v++) {
            const f32x16 value = load_f32x16(ahead(values + p * width + v * 16));
            UNROLL for (size_t h = 0; h < heads; h++) {
                sum[h][v] = fma16(value, splat(weights[h * CHUNK + p]), sum[h][v]);
            }
        }
    }
    UNROLL for (size_t h = 0; h < heads; h++) {
        UNROLL for (size_t v = 0; v < vectors; v++) store(sum[h][v], out + h * stride + v * 16);
    }
}

TILE void attend_heads(
    const size_t heads, const float *queries, size_t head_size, const float *keys, const float *values, size_t first,
    size_t last, float scale, float *out
) {
    const size_t whole = head_size / 16 * 16, width = (head_size + 15) / 16 * 16;
    float scores[4 * CHUNK] __attribute__((aligned(64)));
    // What is left of each head after whole vectors.
    float rest[4 * 16] __attribute__((aligned(64))) = {};
    float most[4];
    f32x16 total[4] = {};
    UNROLL for (size_t h = 0; h < heads; h++) {
        most[h] = -INFINITY;
        memset(out + h * head_size, 0, whole * sizeof(float));
    }
    for (size_t chunk = first / CHUNK * CHUNK; chunk <= last; chunk += CHUNK) {
        const size_t low = first > chunk ? first - chunk : 0;  // within the chunk
        const size_t high = last - chunk < CHUNK ? last - chunk + 1 : CHUNK;
        const size_t start = low / 16 * 16, end = (high + 15) / 16 * 16;
        size_t p = start;
        for (; p + 32 <= end; p += 32) {
            score_tile(heads, 2, queries, head_size, keys + (chunk + p) * head_size, scale, scores + p);
        }
        if (p < end) score_tile(heads, 1, queries, head_size, keys + (chunk + p) * head_size, scale, scores + p);

        float keep[4];
        UNROLL for (size_t h = 0; h < heads; h++) {
            float *row = scores + h * CHUNK;
            for (size_t i = start; i < low; i++) row[i] = -INFINITY;
            for (size_t i = high; i < end; i++) row[i] = -INFINITY;
            f32x16 greatest = splat(most[h]);
            for (size_t i = start; i < end; i += 16) greatest = max16(load_f32x16(row + i), greatest);
            const float now = greatest16(greatest);
            keep[h] = exp16(splat(most[h] - now))[0];
            most[h] = now;
            total[h] = total[h] * keep[h];
            for (size_t i = start; i < end; i += 16) {
                const f32x16 power = exp16(load_f32x16(row + i) - now);
                store(power, row + i);
                total[h] += power;
            }
        }
        const float *from = values + (chunk + low) * width;
        size_t d = 0;
        for (; d + 64 <= whole; d += 64) {
            value_tile(heads, 4, from + d, width, scores + low, high - low, keep, out + d, head_size);
        }
        for (; d < whole; d += 16) {
            value_tile(heads, 1, from + d, width, scores + low, high - low, keep, out + d, head_size);
        }
        if (d < width) value_tile(heads, 1, from + d, width, scores + low, high - low, keep, rest, 16);
    }
    UNROLL for (size_t h = 0; h < heads; h++) {
        const float sum = sum16(total[h]);
        float *head = out + h * head_size;
        for (size_t d = 0; d < whole; d += 16) store(load_f32x16(head + d) / sum, head + d);
        store_part(load_f32x16(rest + h * 16) / sum, head + whole, head_size - whole);
    }
}

static void attend(
    const float *queries, size_t heads, size_t head_size, const float *keys, const float *values, size_t first,
    size_t last, float scale, float *out
) {
    size_t h = 0;
    for (; heads - h >= 4; h += 4) {
        attend_heads(4, queries + h * head_size, head_size, keys, values, first, last, scale, out + h * head_size);
    }
    for (; heads - h >= 2; h += 2) {
        attend_heads(2, queries + h * head_size, head_size, keys, values, first, last, scale, out + h * head_size);
    }
    if (h < heads) {
        attend_heads(1, queries + h * head_size, head_size, keys, values, first, last, scale, out + h * head_size);
    }
}

#undef CHUNK
