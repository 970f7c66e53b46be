// Weights × activations, compiled once per level.
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

INLINE int32_t four_quants(const ck_block *x, size_t index) {
    int32_t four;
    memcpy(&four, x->quants + 4 * index, 4);
    return four;
}

INLINE f32x16 to_floats(i32x16 integers) {
    return __builtin_convertvector(integers, f32x16);
}

TILE void tile_q8_0(
    const size_t groups, const size_t tokens, const uint8_t *weights, size_t columns, const ck_block *x, float *out,
    size_t stride, size_t rows
) {
    const size_t blocks = columns / 32;
    f32x16 sum[4][8] = {};
    for (size_t b = 0; b < blocks; b++) {
        i32x16 dots[4][8];
        UNROLL for (size_t t = 0; t < tokens; t++) {
            UNROLL for (size_t g = 0; g < groups; g++) dots[g][t] = start_q8_0(x + t * blocks + b);
        }
        UNROLL for (size_t k = 0; k < 8; k++) {
            u8x64 w[4];
            UNROLL for (size_t g = 0; g < groups; g++) {
                w[g] = load_u8x64(ahead(weights + g * blocks * 544 + b * 512 + k * 64));
            }
            UNROLL for (size_t t = 0; t < tokens; t++) {
                const int32_t four = four_quants(x + t * blocks + b, k);
                UNROLL for (size_t g = 0; g < groups; g++) dots[g][t] = dot_q8_0(dots[g][t], w[g], four);
            }
        }
        UNROLL for (size_t g = 0; g < groups; g++) {
            const f32x16 scale = widen_f16(weights + g * blocks * 544 + blocks * 512 + b * 32);
            UNROLL for (size_t t = 0; t < tokens; t++) {
                sum[g][t] = fma16(scale * x[t * blocks + b].scale, to_floats(dots[g][t]), sum[g][t]);
            }
        }
    }
    STORE_SUMS
}

TILE void tile_q4_0(
    const size_t groups, const size_t tokens, const uint8_t *weights, size_t columns, const ck_block *x, float *out,
    size_t stride, size_t rows
) {
    const size_t blocks = columns / 32;
    f32x16 sum[4][8] = {};
    for (size_t b = 0; b < blocks; b++) {
        i32x16 dots[4][8];
        UNROLL for (size_t t = 0; t < tokens; t++) {
            UNROLL for (size_t g = 0; g < groups; g++) dots[g][t] = offset_sum(x + t * blocks + b, -8, -8);
        }
        UNROLL for (size_t k = 0; k < 4; k++) {
            u8x64 low[4], high[4];
            UNROLL for (size_t g = 0; g < groups; g++) {
                const u8x64 both = load_u8x64(ahead(weights + g * blocks * 288 + b * 256 + k * 64));
                low[g] = both & 15;
                high[g] = (u8x64)((u32x16)both >> 4) & 15;
            }
            UNROLL for (size_t t = 0; t < tokens; t++) {
                const ck_block *block = x + t * blocks + b;
                const int32_t first = four_quants(block, k), second = four_quants(block, k + 4);
                UNROLL for (size_t g = 0; g < groups; g++) {
                    dots[g][t] = dot_unsigned(dot_unsigned(dots[g][t], low[g], first), high[g], second);
                }
            }
        }
        UNROLL for (size_t g = 0; g < groups; g++) {
            const f32x16 scale = widen_f16(weights + g * blocks * 288 + blocks * 256 + b * 32);
            UNROLL for (size_t t = 0; t < tokens; t++) {
                sum[g][t] = fma16(scale * x[t * blocks + b].scale, to_floats(dots[g][t]), sum[g][t]);
            }
        }
    }
    STORE_SUMS
}

/// Blocks of 256 in two halves of 128: byte l of a half's 32 upper bytes completes columns l, l + 32, l + 64 and
/// l + 96. The integer sum of 32 columns, their two 8-bit scales included, stays below 2^24, so its float is exact.
TILE void tile_q6_k(
    const size_t groups, const size_t tokens, const uint8_t *weights, size_t columns, const ck_block *x, float *out,
    size_t stride, size_t rows
) {
    (void)groups;  // One: the sums of a half fill the registers.
    const size_t supers = columns / 256, blocks = columns / 32;
    const uint8_t *scales = weights + supers * 3072, *factors = scales + supers * 256;
    f32x16 sum[2] = {};
    for (size_t half = 0; half < supers * 2; half++) {
        i32x16 dots[2][8];
        UNROLL for (size_t t = 0; t < tokens; t++) {
            UNROLL for (size_t j = 0; j < 4; j++) {
                dots[t][2 * j] = offset_sum(x + t * blocks + half * 4 + j, -32, 0);
                dots[t][2 * j + 1] = offset_sum(x + t * blocks + half * 4 + j, 0, -32);
            }
        }
        UNROLL for (size_t k = 0; k < 8; k++) {
            const uint8_t *at = weights + half * 1536 + k * 64;
            const u8x64 a = load_u8x64(ahead(at)), b = load_u8x64(ahead(at + 512));
            const u8x64 upper = load_u8x64(ahead(at + 1024));
            const u8x64 w[4] = {
                (a & 15) | (u8x64)((u32x16)(upper & 0x03) << 4),
                (b & 15) | (u8x64)((u32x16)(upper & 0x0c) << 2),
                (u8x64)((u32x16)(a & 0xf0) >> 4) | (upper & 0x30),
                (u8x64)((u32x16)(b & 0xf0) >> 4) | (u8x64)((u32x16)(upper & 0xc0) >> 2),
            };
            UNROLL for (size_t t = 0; t < tokens; t++) {
                UNROLL for (size_t j = 0; j < 4; j++) {
                    const int32_t four = four_quants(x + t * blocks + half * 4 + j, k);
                    dots[t][2 * j + k / 4] = dot_unsigned(dots[t][2 * j + k / 4], w[j], four);
                }
            }
        }
        const f32x16 factor = widen_f16(factors + half / 2 * 32);
        UNROLL for (size_t j = 0; j < 4; j++) {
            const i32x16 first = __builtin_convertvector(load_i8x16(scales + (half * 8 + 2 * j) * 16), i32x16);
            const i32x16 second = __builtin_convertvector(load_i8x16(scales + (half * 8 + 2 * j + 1) * 16), i32x16);
            UNROLL for (size_t t = 0; t < tokens; t++) {
                const f32x16 dot = to_floats(first * dots[t][2 * j] + second * dots[t][2 * j + 1]);
                sum[t] = fma16(factor * x[t * blocks + half * 4 + j].scale, dot, sum[t]);
            }
        }
    }
    UNROLL for (size_t t = 0; t < tokens; t++) store_part(sum[t], out + t * stride, rows);
}

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

/// The one place that decides: a single activation row takes `SINGLE` groups at once, so that as many sums are under
/// way; more rows take tiles of `HEIGHT` groups by `WIDTH` tokens, and narrower ones for what is left.
#define MULTIPLY(FORMAT, ACTIVATION, STEP, GROUP, SINGLE, HEIGHT, WIDTH) \
    static void multiply_##FORMAT( \
        const void *weights, size_t rows, size_t columns, const void *activations, size_t tokens, float *out, \
        size_t stride \
    ) { \
        const ACTIVATION *x = activations; \
        const size_t step = STEP, group = GROUP, block = rows_per_block(group); \
        for (size_t start = 0; start < rows; start += block) { \
            const size_t end = rows - start < block ? rows : start + block; \
            size_t t = 0; \
            if (tokens == 1) { SWEEP(tile_##FORMAT, SINGLE, 1) } \
            SWEEP(tile_##FORMAT, HEIGHT, WIDTH) \
            if (WIDTH > 4) { SWEEP(tile_##FORMAT, HEIGHT, 4) } \
            if (WIDTH > 2) { SWEEP(tile_##FORMAT, HEIGHT, 2) } \
            SWEEP(tile_##FORMAT, HEIGHT, 1) \
        } \
    }

MULTIPLY(f16, float, columns, columns * 32, 4, FLOAT_HEIGHT, FLOAT_WIDTH)
MULTIPLY(bf16, float, columns, columns * 32, 4, FLOAT_HEIGHT, FLOAT_WIDTH)
MULTIPLY(q8_0, ck_block, columns / 32, columns / 32 * 544, 2, BLOCK_HEIGHT, BLOCK_WIDTH)
MULTIPLY(q4_0, ck_block, columns / 32, columns / 32 * 288, 2, BLOCK_HEIGHT, BLOCK_WIDTH)
MULTIPLY(q6_k, ck_block, columns / 32, columns / 256 * 3360, 1, 1, 2)

#undef STORE_SUMS
#undef MULTIPLY
#undef SWEEP
