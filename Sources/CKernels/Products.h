// Float weights × activations, compiled once per level; and what products have in common.
//
// A lane is a row: each of 16 rows sums in its own lane, column by column or block by block, with one fused
// multiply-add. A tile is `groups` × 16 rows by `tokens` activation rows; both are constants once it is inlined, and the
// sums stay in registers. No output's order of summation depends on its tile.

/// Rows of a block of weights that stays in the second cache while all tokens pass it.
INLINE size_t rows_per_block(size_t group) {
    const size_t groups = (64 << 10) / (group + 1);
    return groups < 4 ? 64 : groups / 4 * 64;
}

/// Stores the sums of a tile whose `rows` may end within its last group.
#define STORE_SUMS \
    UNROLL for (size_t g = 0; g < groups; g++) { \
        UNROLL for (size_t t = 0; t < tokens; t++) store_part(sum[g][t], out + t * stride + g * 16, rows - g * 16); \
    }

#define TILE_OF_HALVES(FORMAT) \
    TILE void tile_##FORMAT( \
        const size_t groups, const size_t tokens, const uint8_t *weights, size_t columns, const float *x, float *out, \
        size_t stride, size_t rows \
    ) { \
        f32x16 sum[4][8] = {}; \
        for (size_t c = 0; c < columns; c++) { \
            f32x16 w[4]; \
            UNROLL for (size_t g = 0; g < groups; g++) { \
                w[g] = widen_##FORMAT(ahead(weights + (g * columns + c) * 32)); \
            } \
            UNROLL for (size_t t = 0; t < tokens; t++) { \
                const f32x16 value = splat(x[t * columns + c]); \
                UNROLL for (size_t g = 0; g < groups; g++) sum[g][t] = fma16(w[g], value, sum[g][t]); \
            } \
        } \
        STORE_SUMS \
    }

TILE_OF_HALVES(f16)
TILE_OF_HALVES(bf16)
#undef TILE_OF_HALVES

/// Rows and activations both row-major: 16 partial sums of an output side by side, added as a tree at the end.
TILE void tile_f32(
    const size_t height, const size_t tokens, const float *weights, size_t columns, const float *x, float *out,
    size_t stride
) {
    f32x16 sum[4][4] = {};
    const size_t whole = columns / 16 * 16;
    for (size_t c = 0; c < whole; c += 16) {
        f32x16 w[4];
        UNROLL for (size_t r = 0; r < height; r++) w[r] = load_f32x16(weights + r * columns + c);
        UNROLL for (size_t t = 0; t < tokens; t++) {
            const f32x16 values = load_f32x16(x + t * columns + c);
            UNROLL for (size_t r = 0; r < height; r++) sum[r][t] = fma16(w[r], values, sum[r][t]);
        }
    }
    if (whole < columns) {
        UNROLL for (size_t t = 0; t < tokens; t++) {
            const f32x16 values = load_part(x + t * columns + whole, columns - whole);
            UNROLL for (size_t r = 0; r < height; r++) {
                sum[r][t] = fma16(load_part(weights + r * columns + whole, columns - whole), values, sum[r][t]);
            }
        }
    }
    UNROLL for (size_t r = 0; r < height; r++) {
        UNROLL for (size_t t = 0; t < tokens; t++) out[t * stride + r] = sum16(sum[r][t]);
    }
}

static void multiply_f32(
    const void *weights, size_t rows, size_t columns, const void *activations, size_t tokens, float *out, size_t stride
) {
    const float *x = activations;
    const size_t block = rows_per_block(columns * 64);
    for (size_t start = 0; start < rows; start += block) {
        const size_t end = rows - start < block ? rows : start + block;
        size_t t = 0;
#define SWEEP(WIDTH) \
        for (; tokens - t >= WIDTH; t += WIDTH) { \
            size_t row = start; \
            const float *w = (const float *)weights; \
            for (; end - row >= 4; row += 4) { \
                tile_f32(4, WIDTH, w + row * columns, columns, x + t * columns, out + t * stride + row, stride); \
            } \
            for (; row < end; row++) { \
                tile_f32(1, WIDTH, w + row * columns, columns, x + t * columns, out + t * stride + row, stride); \
            } \
        }
        SWEEP(4)
        SWEEP(1)
#undef SWEEP
    }
}

/// Passes the rows of a block for each `WIDTH` tokens, `HEIGHT` groups at a time and the last ones singly.
#define SWEEP(TILE, HEIGHT, WIDTH) \
    for (; tokens - t >= WIDTH; t += WIDTH) { \
        size_t row = start; \
        const uint8_t *w = (const uint8_t *)weights + start / 16 * group; \
        for (; row + 16 * (HEIGHT - 1) < end; row += 16 * HEIGHT, w += HEIGHT * group) { \
            TILE(HEIGHT, WIDTH, w, columns, x + t * step, out + t * stride + row, stride, end - row); \
        } \
        for (; row < end; row += 16, w += group) { \
            TILE(1, WIDTH, w, columns, x + t * step, out + t * stride + row, stride, end - row); \
        } \
    }

/// A single activation row takes 4 groups at once, so that as many sums are under way; more rows take tiles of `HEIGHT`
/// groups by `WIDTH` tokens, and narrower ones for what is left.
#define MULTIPLY(FORMAT) \
    static void multiply_##FORMAT( \
        const void *weights, size_t rows, size_t columns, const void *activations, size_t tokens, float *out, \
        size_t stride \
    ) { \
        const float *x = activations; \
        const size_t step = columns, group = columns * 32, block = rows_per_block(group); \
        for (size_t start = 0; start < rows; start += block) { \
            const size_t end = rows - start < block ? rows : start + block; \
            size_t t = 0; \
            if (tokens == 1) { SWEEP(tile_##FORMAT, 4, 1) } \
            SWEEP(tile_##FORMAT, FLOAT_HEIGHT, FLOAT_WIDTH) \
            if (FLOAT_WIDTH > 4) { SWEEP(tile_##FORMAT, FLOAT_HEIGHT, 4) } \
            if (FLOAT_WIDTH > 2) { SWEEP(tile_##FORMAT, FLOAT_HEIGHT, 2) } \
            SWEEP(tile_##FORMAT, FLOAT_HEIGHT, 1) \
        } \
    }

MULTIPLY(f16)
MULTIPLY(bf16)
#undef MULTIPLY
#undef SWEEP
