#ifndef OFFSTAGE_KERNELS_H
#define OFFSTAGE_KERNELS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "Formats.h"

#pragma clang assume_nonnull begin

/// 32 activations quantized to 8 bits.
typedef struct {
    int8_t quants[32];
    float scale;
    /// The scale times the sum of all quants: what the columns' minimum is multiplied with.
    float scaled_sum;
    /// The sums of the first and the second 16 quants, which take out the offset of unsigned weights.
    int16_t sums[2];
} ck_block;

/// Which instructions kernels use; every level gives the same bits.
typedef enum : int32_t {
    ck_generic,
    /// AVX2, FMA, F16C.
    ck_avx2,
    /// These with AVX-VNNI.
    ck_avxvnni,
    /// AVX-512 F, BW, VL, DQ, VNNI.
    ck_avx512,
    /// These with VBMI and GFNI.
    ck_avx512vbmi,
} ck_level;

/// `out[i * stride + r]` = row r of the weights × activation row i, for `rows` rows and `tokens` activation rows: floats,
/// or blocks if the format has such. Every output is summed in one order, whatever `rows` and `tokens` are.
typedef void (*ck_multiply)(
    const void *weights, size_t rows, size_t columns, const void *activations, size_t tokens, float *out,
    size_t stride);
/// One row of floats into a format's file order.
typedef void (*ck_encode)(const float *row, size_t columns, void *file);
/// And back.
typedef void (*ck_decode)(const void *file, size_t columns, float *row);

/// What a level does with a format.
typedef struct {
    ck_multiply multiply;
    ck_decode decode;
    /// NULL: no numbers are turned into this format.
    ck_encode _Nullable encode;
} ck_format_kernels;

/// A matrix whose number (i, j) lies at `at[i * row + j * column]`; one of the strides is 1.
typedef struct {
    const float *at;
    size_t row, column;
} ck_strided;

/// What consecutive tokens look up in a cache: the `heads` query heads of each that share one key and value head.
typedef struct {
    /// That of keys and values: f32, f16, or q8_0, which wants heads that 32 divides.
    ck_format format;
    size_t tokens, heads, head_size;
    /// From one token to the next, of queries and results.
    size_t stride;
    /// That of the first token.
    size_t position;
    /// Positions that a token sees, its own included.
    size_t window;
    /// Places of positions, in whole chunks: those of position p are at p modulo this; SIZE_MAX: every position has its own.
    size_t ring;
    float scale;
} ck_lookup;

/// Positions whose sums are made by themselves, and then combined with those of the stretches before.
enum { ck_stretch = 1024 };

/// One key and value head of one sequence, and the `group` query heads that share it.
typedef struct {
    /// Tokens of the sequence.
    size_t length;
    size_t head_size, group;
    /// Positions that a token sees, its own included.
    size_t window;
    /// From one token to the next: of queries and outputs, of keys and values, of the logarithms of sums.
    size_t query_stride, key_stride, sum_stride;
    float scale;
} ck_attention;

/// One step of AdamW, the same for all parameters of a row.
typedef struct {
    float gradient_scale, beta1, beta2, epsilon;
    /// 1 − learning rate × weight decay.
    float keep;
    /// Learning rate / (1 − beta1^t).
    float step_size;
    /// 1 / sqrt(1 − beta2^t).
    float root_scale;
} ck_adamw;

/// All kernels of one level. Threads may share them: nothing of it is ever written.
typedef struct __attribute__((swift_attr("@Sendable"))) {
    /// By `ck_format`.
    const ck_format_kernels *formats;
    /// Quantizes activations: scale = greatest magnitude / 127, rounded to nearest, ties to even.
    /// A block with a NaN or an infinity gets the scale NaN.
    void (*quantize)(const float *row, size_t columns, ck_block *blocks);

    /// `out` = `row` / sqrt(mean of squares + epsilon) × `weight`.
    void (*rms_norm)(const float *row, const float *weight, size_t count, float epsilon, float *out);
    /// `out` = silu(`gate`) × `up`; `out` may be either of them.
    void (*silu_multiply)(const float *gate, const float *up, size_t count, float *out);
    /// `row` = softmax(`row`).
    void (*softmax)(float *row, size_t count);
    /// The logarithm of the sum of e to the power of each value.
    double (*log_sum_exp)(const float *row, size_t count);
    /// `sum` += `row`.
    void (*add)(const float *row, size_t count, float *sum);
    /// `sum` = fma(`weight`, `row`, `sum`).
    void (*add_weighted)(const float *row, float weight, size_t count, float *sum);
    /// Rotates `pairs` pairs (2i, 2i + 1).
    void (*rotate_adjacent)(float *head, const float *cosines, const float *sines, size_t pairs);
    /// Rotates `pairs` pairs (i, i + pairs).
    void (*rotate_halves)(float *head, const float *cosines, const float *sines, size_t pairs);

    /// Softmax attention over the positions up to each token's own. Keys lie `[position / 16][head_size][16]`, values
    /// `[position][head_size rounded up to 16]`; of the queries and `out` the first token's first head is given.
    void (*attend)(
        const ck_lookup *lookup, const float *queries, const void *keys, const void *values, float *out);
    /// The same for one token in two steps, with the same bits: first the sums of each stretch that it sees, which begins
    /// at position `stretch` × `ck_stretch`. They take `heads` × (`head_size` rounded up to 16, and 32) floats.
    void (*attend_stretch)(
        const ck_lookup *lookup, const float *queries, const void *keys, const void *values, size_t stretch,
        float *sums);
    /// Then what comes of the sums of `count` consecutive stretches, one after the other.
    void (*combine_stretches)(const ck_lookup *lookup, float *sums, size_t count, float *out);

    /// `out[i * stride + j]` = Σ over p of left(i, p) × right(p, j), or that added to what is there: one chain of fused
    /// multiply-adds in ascending p, begun with 0 or with what is there.
    void (*multiply_dense)(
        ck_strided left, ck_strided right, size_t m, size_t n, size_t k, float *out, size_t stride, bool adds);

    /// Σ of `a` × `b`.
    float (*dot)(const float *a, const float *b, size_t count);
    double (*sum_of_squares)(const float *row, size_t count);
    /// `out` = `row` × `factor`; `out` may be the row.
    void (*multiply_by)(const float *row, float factor, size_t count, float *out);
    /// The index of the first NaN or infinity, or `count`.
    size_t (*first_non_finite)(const float *row, size_t count);
    /// The gradient of `rms_norm`: sets `row_gradient` or, if `adds`, adds to it; always adds to `weight_gradient`.
    void (*rms_norm_backward)(
        const float *gradient, const float *row, const float *weight, size_t count, float epsilon, float *row_gradient,
        float *weight_gradient, bool adds);
    /// The gradients of `silu_multiply`; they may overwrite `gate` and `up`.
    void (*silu_multiply_backward)(
        const float *gradient, const float *gate, const float *up, size_t count, float *gate_gradient,
        float *up_gradient);
    /// Returns −log softmax(`row`)[`target`] and replaces the row by the gradient of that × `factor`.
    double (*cross_entropy)(float *row, size_t count, size_t target, float factor);
    /// Decoupled weight decay (Loshchilov and Hutter, 2019, arXiv 1711.05101).
    void (*adamw)(
        float *parameters, const float *gradients, float *first, float *second, size_t count, const ck_adamw *step);

    /// Softmax attention of a sequence, each token over those before it and itself; also writes the logarithm of each
    /// softmax's sum. All pointers are to the first token and the first head of the group.
    void (*attend_causally)(
        const ck_attention *shape, const float *queries, const float *keys, const float *values, float *out,
        float *log_sums);
    /// Its gradients, which replace what was there.
    void (*attend_causally_backward)(
        const ck_attention *shape, const float *gradient, const float *queries, const float *keys, const float *values,
        const float *out, const float *log_sums, float *query_gradient, float *key_gradient, float *value_gradient);
} ck_kernels;

/// Whether the processor has the instructions of a level. A greater level is the better one.
bool ck_has_level(ck_level level);

/// The kernels of a level; not to be called when the processor lacks it.
const ck_kernels *ck_kernels_of(ck_level level);

#pragma clang assume_nonnull end

#endif
