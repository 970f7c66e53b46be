// Block formats × activations, compiled once per level: like Products.h, with weights that Expand.h takes out of their layout.
//
// One activation row multiplies quants as they come. For more, 256 columns at a time are laid out in the first cache, and all
// activation rows pass over them. Either way an output adds the same numbers in the same order.

INLINE int32_t four_quants(const ck_block *x, size_t index) {
    int32_t four;
    memcpy(&four, x->quants + 4 * index, 4);
    return four;
}

INLINE f32x16 to_floats(i32x16 integers) {
    return __builtin_convertvector(integers, f32x16);
}

/// Where a dot product begins: with what takes out the offset of unsigned weights in both halves of 32 columns or in one.
INLINE dot_sum start_block(const kind kind, int first, int second, const ck_block *x) {
    return start_dots(kind == wide ? start_signed(x) : offset_sum(x, -first, -second));
}

/// How many products of vectors may be added up before a level that sums in 16 bits makes 32 of them.
INLINE size_t longest_run(const kind kind) {
    return kind == wide ? 1 : kind == narrow_with_minimums || kind == narrow_with_scales ? 2 : 4;
}

/// Adds the product of vector `i` of a dot product.
INLINE dot_sum dot_block(const kind kind, dot_sum sum, u8x64 weights, int32_t four, size_t i) {
    if (kind == wide) return dot_signed(sum, weights, four);
    return dot_unsigned(sum, weights, four, i % longest_run(kind) == longest_run(kind) - 1);
}

/// The sums of both halves of 32 activations in every lane.
INLINE i16x32 both_sums(const ck_block *x) {
    int32_t sums;
    memcpy(&sums, x->sums, 4);
    return (i16x32)((i32x16){} + sums);
}

/// What both halves of 32 columns come to, each times its integer. Sums of products with integers of 8 bits are below 2^24, so
/// that floats hold them.
INLINE f32x16 pair_product(const recipe r, const factors *f, size_t j, dot_sum lower, dot_sum upper, const ck_block *x) {
    if (r.kind == narrow_with_scales) {
        const f32x16 first = to_floats(whole(lower)) * f->wide_scale_pairs[j][0];
        return fma16(to_floats(whole(upper)), f->wide_scale_pairs[j][1], first);
    }
    const i32x16 products = scaled_dots(f->scale_pairs[j], lower, upper);
    return to_floats(r.offset == 0 ? products : products - dot_pairs(both_sums(x), f->scale_pairs[j]) * r.offset);
}

/// Adds what 32 columns come to.
INLINE f32x16 add_block(const kind kind, f32x16 sum, f32x16 dots, const factors *f, size_t j, const ck_block *x) {
    sum = fma16(f->scales[j] * x->scale, dots, sum);
    if (kind == narrow_with_minimum) {
        sum = fma16(f->minimums[j], splat(x->scaled_sum), sum);
    } else if (kind == narrow_with_minimums) {
        sum = fma16(f->minimums[j] * x->scale, to_floats(dot_pairs(both_sums(x), f->minimum_pairs[j])), sum);
    }
    return sum;
}

/// Begins with what the outputs are so far.
#define LOAD_SUMS \
    UNROLL for (size_t g = 0; g < groups; g++) { \
        UNROLL for (size_t t = 0; t < tokens; t++) sum[g][t] = load_up_to(out + t * stride + g * 16, rows - g * 16); \
    }

/// Asks for two lines of memory that is wanted in a while, and goes on to the next.
INLINE void bring(const uint8_t **coming) {
    __builtin_prefetch(*coming, 0, 2);
    __builtin_prefetch(*coming + 64, 0, 2);
    *coming += 128;
}

/// `groups` × 16 rows by `tokens` activation rows, quants multiplied as they come: over blocks from `first_block` up to, not
/// including, `end_block`. Sets the outputs or, from the second block on, goes on from them.
///
/// Weights that are not near are asked for while others are multiplied; where they are, `coming` is, which is wanted later.
TILE void tile_direct(
    const ck_format format, const size_t groups, const size_t tokens, const uint8_t *weights, size_t columns,
    size_t first_block, size_t end_block, const ck_block *x, float *out, size_t stride, size_t rows, const bool is_near,
    const uint8_t *coming
) {
    const recipe r = recipes[format];
    const size_t blocks = columns / r.columns, group = blocks * (r.quants + r.rest + r.last) * 16, step = columns / 32;
    f32x16 sum[2][8] = {};
    if (first_block > 0) { LOAD_SUMS }
    // The widest tiles have no register left to find their way with.
    const bool is_wide = tokens == BLOCK_WIDTH;
    distance later = is_wide ? (distance){6144, 6144} : distance_from(r, blocks, 0, groups * group);
    for (size_t b = first_block; b < end_block; b++) {
        if (is_near) bring(&coming);
        place at[2];
        factors f[2];
        UNROLL for (size_t g = 0; g < groups; g++) {
            at[g] = place_of(r, weights + g * group, blocks, b);
            expand_scales(format, at[g], f + g);
        }
        for (size_t first = 0; first < r.columns / 32; first += r.step, x += r.step) {
            dot_sum dots[2][4][8], upper[2][4][8];  // all columns, or both halves
            UNROLL for (size_t j = 0; j < r.step; j++) {
                UNROLL for (size_t t = 0; t < tokens; t++) {
                    UNROLL for (size_t g = 0; g < groups; g++) {
                        const ck_block *block = x + t * step + j;
                        if (r.kind == narrow_with_scales) {
                            dots[g][j][t] = start_block(r.kind, r.offset, 0, block);
                            upper[g][j][t] = start_block(r.kind, 0, r.offset, block);
                        } else {
                            const int offset = r.isPaired ? 0 : r.offset;
                            dots[g][j][t] = upper[g][j][t] = start_block(r.kind, offset, offset, block);
                        }
                    }
                }
            }
            UNROLL for (size_t i = 0; i < 8; i++) {
                const size_t k = i / 2 + i % 2 * 4;  // what may lie in the same bytes follows each other
                // Runs of small pairs end where they are scaled.
                const size_t turn = !r.isPaired ? i : r.kind == narrow_with_scales ? k : 0;
                u8x64 w[2][4];
                UNROLL for (size_t g = 0; g < groups; g++) {
                    if (!is_near) ask_for(r, at[g], later, first, i);
                    expand_quants(format, at[g], first, k, w[g]);
                }
                UNROLL for (size_t j = 0; j < r.step; j++) {
                    UNROLL for (size_t t = 0; t < tokens; t++) {
                        const int32_t four = four_quants(x + t * step + j, k);
                        UNROLL for (size_t g = 0; g < groups; g++) {
                            if (r.isPaired && k >= 4) {
                                upper[g][j][t] = dot_block(r.kind, upper[g][j][t], w[g][j], four, turn);
                            } else {
                                dots[g][j][t] = dot_block(r.kind, dots[g][j][t], w[g][j], four, turn);
                            }
                        }
                    }
                }
            }
            UNROLL for (size_t j = 0; j < r.step; j++) {
                UNROLL for (size_t t = 0; t < tokens; t++) {
                    UNROLL for (size_t g = 0; g < groups; g++) {
                        const ck_block *block = x + t * step + j;
                        const f32x16 product = r.isPaired
                            ? pair_product(r, f + g, first + j, dots[g][j][t], upper[g][j][t], block)
                            : to_floats(whole(dots[g][j][t]));
                        sum[g][t] = add_block(r.kind, sum[g][t], product, f + g, first + j, block);
                    }
                }
            }
        }
        if (!is_wide && !is_near) move_on(r, &later, blocks, groups * group);
    }
    STORE_SUMS
}

/// Up to 256 columns of 16 rows.
typedef struct {
    u8x64 quants[8][8];
    factors factors;
} expanded;

/// Multiplies quants by the scale of their half of a pair; with an offset the result is 128 less the product.
INLINE u8x64 scale_quants(u8x64 quants, i16x32 pairs, size_t half, int offset) {
    const u32x16 scale = half == 0 ? (u32x16)pairs & 0xffff : (u32x16)pairs >> 16;
    const i16x32 both = (i16x32)(scale | scale << 16);
    const i16x32 even = ((i16x32)quants & 255) - (int16_t)offset, odd = ((i16x32)quants >> 8) - (int16_t)offset;
    const u8x64 products = (u8x64)(((even * both) & 255) | odd * both << 8);
    return offset == 0 ? products : 128 - products;
}

/// Takes `count` blocks of 32 from block `first` of 32 on out of a group. Pairs of scales that are small go into the quants, so
/// that 32 columns are one dot product; where that takes a sign, quants become wide and the scale is negated.
TILE void expand(
    const ck_format format, const uint8_t *weights, size_t columns, size_t first, size_t count, size_t stride,
    expanded *out
) {
    const recipe r = recipes[format];
    const size_t per_block = r.columns / 32, blocks = columns / r.columns;
    distance later = distance_from(r, blocks, first / per_block, stride);
    const bool goes_in = r.isPaired && r.kind != narrow_with_scales;
    for (size_t i = 0; i < count; i += per_block, move_on(r, &later, blocks, stride)) {
        const place at = place_of(r, weights, blocks, (first + i) / per_block);
        factors f;
        expand_scales(format, at, &f);
        UNROLL for (size_t j = 0; j < per_block; j++) {
            out->factors.scales[i + j] = goes_in && r.offset > 0 ? -f.scales[j] : f.scales[j];
            if (r.kind == narrow_with_scales) {
                out->factors.wide_scale_pairs[i + j][0] = f.wide_scale_pairs[j][0];
                out->factors.wide_scale_pairs[i + j][1] = f.wide_scale_pairs[j][1];
            }
            if (r.kind == narrow_with_minimum || r.kind == narrow_with_minimums) {
                out->factors.minimums[i + j] = f.minimums[j];
            }
            if (r.kind == narrow_with_minimums) out->factors.minimum_pairs[i + j] = f.minimum_pairs[j];
        }
        for (size_t j = 0; j < per_block; j += r.step) {
            UNROLL for (size_t k = 0; k < 8; k++) {
                u8x64 w[4];
                ask_for(r, at, later, j, k);
                expand_quants(format, at, j, k, w);
                UNROLL for (size_t l = 0; l < r.step; l++) {
                    if (goes_in) w[l] = scale_quants(w[l], f.scale_pairs[j + l], k / 4, r.offset);
                    out->quants[i + j + l][k] = w[l];
                }
            }
        }
    }
}

/// `groups` × 16 rows by `tokens` activation rows, `step` blocks apart: sets the outputs or, if it `adds`, goes on from them.
TILE void tile_expanded(
    const kind kind, int offset, const size_t groups, const size_t tokens, const expanded *weights, size_t blocks,
    const ck_block *x, size_t step, float *out, size_t stride, size_t rows, bool adds
) {
    const size_t halves = kind == narrow_with_scales ? 2 : 1;
    f32x16 sum[4][8] = {};
    if (adds) { LOAD_SUMS }
    for (size_t b = 0; b < blocks; b++) {
        f32x16 products[4][8];
        UNROLL for (size_t h = 0; h < halves; h++) {
            dot_sum dots[4][8];
            const int lower = h == 0 ? offset : 0, upper = h == halves - 1 ? offset : 0;
            UNROLL for (size_t t = 0; t < tokens; t++) {
                UNROLL for (size_t g = 0; g < groups; g++) dots[g][t] = start_block(kind, lower, upper, x + t * step + b);
            }
            UNROLL for (size_t i = 0; i < 8 / halves; i++) {
                const size_t k = h * 4 + i;
                UNROLL for (size_t t = 0; t < tokens; t++) {
                    const int32_t four = four_quants(x + t * step + b, k);
                    UNROLL for (size_t g = 0; g < groups; g++) {
                        dots[g][t] = dot_block(kind, dots[g][t], weights[g].quants[b][k], four, k);
                    }
                }
            }
            UNROLL for (size_t t = 0; t < tokens; t++) {
                UNROLL for (size_t g = 0; g < groups; g++) {
                    const f32x16 part = to_floats(whole(dots[g][t])), scale = weights[g].factors.wide_scale_pairs[b][h];
                    products[g][t] = halves == 1 ? part : h == 0 ? part * scale : fma16(part, scale, products[g][t]);
                }
            }
        }
        UNROLL for (size_t t = 0; t < tokens; t++) {
            UNROLL for (size_t g = 0; g < groups; g++) {
                sum[g][t] = add_block(kind, sum[g][t], products[g][t], &weights[g].factors, b, x + t * step + b);
            }
        }
    }
    STORE_SUMS
}

#define SWEEP_TOKENS(KIND, WIDTH) \
    for (; tokens - t >= WIDTH; t += WIDTH) { \
        const ck_block *at = x + t * step; \
        float *to = out + t * stride; \
        if (groups == BLOCK_HEIGHT) { \
            tile_expanded(KIND, offset, BLOCK_HEIGHT, WIDTH, weights, blocks, at, step, to, stride, rows, adds); \
        } else { \
            tile_expanded(KIND, offset, 1, WIDTH, weights, blocks, at, step, to, stride, rows, adds); \
        } \
    }

/// All activation rows over what is expanded: compiled for each kind, not for each format.
#define PASS(KIND, WIDTH) \
    static __attribute__((noinline)) void pass_##KIND( \
        int offset, size_t groups, const expanded *weights, size_t blocks, const ck_block *x, size_t step, \
        size_t tokens, float *out, size_t stride, size_t rows, bool adds \
    ) { \
        size_t t = 0; \
        SWEEP_TOKENS(KIND, WIDTH) \
        if (WIDTH > 4) { SWEEP_TOKENS(KIND, 4) } \
        SWEEP_TOKENS(KIND, 2) \
        SWEEP_TOKENS(KIND, 1) \
    }

PASS(narrow, BLOCK_WIDTH)
PASS(wide, BLOCK_WIDTH)
PASS(narrow_with_minimum, BLOCK_WIDTH)
PASS(narrow_with_minimums, BLOCK_WIDTH)
PASS(narrow_with_scales, 4)
#undef PASS
#undef SWEEP_TOKENS

INLINE void pass(
    const recipe r, size_t groups, const expanded *weights, size_t blocks, const ck_block *x, size_t step, size_t tokens,
    float *out, size_t stride, size_t rows, bool adds
) {
#define PASS(KIND, OFFSET) pass_##KIND(OFFSET, groups, weights, blocks, x, step, tokens, out, stride, rows, adds)
    switch (r.isPaired && r.kind == narrow ? wide : r.kind) {
    case narrow: PASS(narrow, r.offset); break;
    case wide: PASS(wide, 128); break;
    case narrow_with_minimum: PASS(narrow_with_minimum, 0); break;
    case narrow_with_minimums: PASS(narrow_with_minimums, 0); break;
    case narrow_with_scales: PASS(narrow_with_scales, r.offset); break;
    }
#undef PASS
}

/// From how many activation rows on it pays to lay weights out: the more work they are, the sooner.
INLINE size_t least_to_expand(const recipe r) {
    return 8 / r.step;
}

/// Passes rows from `start` to `end` for each `WIDTH` activation rows, `HEIGHT` groups at a time and the last ones singly.
#define SWEEP(HEIGHT, WIDTH) \
    for (; tokens - t >= WIDTH; t += WIDTH) { \
        const ck_block *at = x + t * step; \
        float *to = out + t * stride; \
        const uint8_t *w = weights + start / 16 * group; \
        size_t row = start; \
        for (; row + 16 * (HEIGHT - 1) < end; row += 16 * HEIGHT, w += HEIGHT * group) { \
            tile_direct(format, HEIGHT, WIDTH, w, columns, 0, blocks, at, to + row, stride, end - row, false, NULL); \
        } \
        if (row < end) { \
            tile_direct(format, 1, WIDTH, w, columns, 0, blocks, at, to + row, stride, end - row, false, NULL); \
        } \
    }

/// A single activation row takes two groups at once, so that as many sums are under way, unless a step's are too many.
INLINE void multiply_directly(
    const ck_format format, const uint8_t *weights, size_t rows, size_t columns, const ck_block *x, size_t tokens,
    float *out, size_t stride
) {
    const recipe r = recipes[format];
    const size_t step = columns / 32, blocks = columns / r.columns, group = blocks * (r.quants + r.rest + r.last) * 16;
    const size_t block = rows_per_block(group);
    for (size_t start = 0; start < rows; start += block) {
        const size_t end = rows - start < block ? rows : start + block;
        size_t t = 0;
        if (r.step == 1) {
            if (tokens > 1) {
                SWEEP(BLOCK_HEIGHT, BLOCK_WIDTH)
                if (BLOCK_WIDTH > 4) { SWEEP(BLOCK_HEIGHT, 4) }
                SWEEP(BLOCK_HEIGHT, 2)
            }
            SWEEP(2, 1)
        } else if (r.step == 2) {
            SWEEP(1, 2)
            SWEEP(2, 1)
        } else {
            SWEEP(BLOCK_HEIGHT, 1)
        }
    }
}
#undef SWEEP

/// As many activation rows at once as stay in the second cache.
INLINE size_t rows_at_once(size_t step) {
    const size_t fit = (512 << 10) / (step * sizeof(ck_block)) / BLOCK_WIDTH * BLOCK_WIDTH;
    return fit < 4 * BLOCK_WIDTH ? 4 * BLOCK_WIDTH : fit;
}

INLINE void multiply_expanded(
    const ck_format format, const uint8_t *weights, size_t rows, size_t columns, const ck_block *x, size_t tokens,
    float *out, size_t stride
) {
    const recipe r = recipes[format];
    const size_t step = columns / 32, group = columns / r.columns * (r.quants + r.rest + r.last) * 16;
    const size_t breadth = rows_at_once(step);
    expanded part[BLOCK_HEIGHT];
    for (size_t t = 0; t < tokens; t += breadth, x += breadth * step, out += breadth * stride) {
        const uint8_t *w = weights;
        size_t row = 0;
        while (row < rows) {
            const size_t groups = row + 16 * (BLOCK_HEIGHT - 1) < rows ? BLOCK_HEIGHT : 1;
            for (size_t first = 0; first < step; first += 8) {
                const size_t blocks = least(8, step - first);
                for (size_t g = 0; g < groups; g++) {
                    expand(format, w + g * group, columns, first, blocks, groups * group, part + g);
                }
                pass(
                    r, groups, part, blocks, x + first, step, least(breadth, tokens - t), out + row, stride, rows - row,
                    first > 0);
            }
            row += 16 * groups;
            w += groups * group;
        }
    }
}

/// From how many activation rows on weights that are not laid out stay in the first cache while all rows pass them.
#define LEAST_TO_STAY 16

/// Two groups, and 1,024 columns, at a time: while activation rows pass them the next groups are brought on, so slowly that
/// nothing waits.
INLINE void multiply_in_place(
    const ck_format format, const uint8_t *weights, size_t rows, size_t columns, const ck_block *x, size_t tokens,
    float *out, size_t stride
) {
    const recipe r = recipes[format];
    const size_t step = columns / 32, group = step * (r.quants + r.rest + r.last) * 16, breadth = rows_at_once(step);
    for (size_t done = 0; done < tokens; done += breadth, x += breadth * step, out += breadth * stride) {
        const size_t together = least(breadth, tokens - done);
        const uint8_t *w = weights;
        for (size_t row = 0; row < rows; row += 32, w += 2 * group) {
            const uint8_t *coming = row + 32 < rows ? w + 2 * group : w;
            for (size_t first = 0; first < step; first += 32) {
                const size_t end = least(first + 32, step);
                size_t t = 0;
#define SWEEP(WIDTH) \
    for (; together - t >= WIDTH; t += WIDTH, coming += (end - first) * 128) { \
        const ck_block *at = x + t * step + first; \
        float *to = out + t * stride + row; \
        if (rows - row > 16) { \
            tile_direct(format, 2, WIDTH, w, columns, first, end, at, to, stride, rows - row, true, coming); \
        } else { \
            tile_direct(format, 1, WIDTH, w, columns, first, end, at, to, stride, rows - row, true, coming); \
        } \
    }
                SWEEP(BLOCK_WIDTH)
                if (BLOCK_WIDTH > 4) { SWEEP(4) }
                SWEEP(2)
                SWEEP(1)
#undef SWEEP
            }
        }
    }
}

#define MULTIPLY(FORMAT) \
    static void multiply_##FORMAT( \
        const void *weights, size_t rows, size_t columns, const void *activations, size_t tokens, float *out, \
        size_t stride \
    ) { \
        const recipe r = recipes[ck_##FORMAT]; \
        const bool is_laid_out = r.quants == r.columns; \
        if (tokens < (is_laid_out ? LEAST_TO_STAY : least_to_expand(r))) { \
            multiply_directly(ck_##FORMAT, weights, rows, columns, activations, tokens, out, stride); \
        } else if (is_laid_out) { \
            multiply_in_place(ck_##FORMAT, weights, rows, columns, activations, tokens, out, stride); \
        } else { \
            multiply_expanded(ck_##FORMAT, weights, rows, columns, activations, tokens, out, stride); \
        } \
    }

MULTIPLY(q8_0)
MULTIPLY(q4_0)
MULTIPLY(q6_k)
MULTIPLY(q4_k)
MULTIPLY(q5_k)
MULTIPLY(q5_0)
MULTIPLY(q5_1)
MULTIPLY(q4_1)
MULTIPLY(iq4_nl)
MULTIPLY(q3_k)
MULTIPLY(q2_k)
MULTIPLY(iq4_xs)
MULTIPLY(mxfp4)
MULTIPLY(iq3_s)
#undef MULTIPLY
#undef STORE_SUMS
#undef LOAD_SUMS
