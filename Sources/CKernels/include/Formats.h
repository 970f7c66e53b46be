#ifndef OFFSTAGE_FORMATS_H
#define OFFSTAGE_FORMATS_H

#include <stddef.h>
#include <stdint.h>

#pragma clang assume_nonnull begin

/// Formats of weights. Stores on disk hang on these numbers.
typedef enum : int32_t {
    ck_f32,
    ck_f16,
    ck_bf16,
    ck_q8_0,
    ck_q4_0,
    ck_q6_k,
    ck_q4_k,
    ck_q5_k,
    ck_q5_0,
    ck_q5_1,
    ck_q4_1,
    ck_iq4_nl,
    ck_q3_k,
    ck_q2_k,
    ck_iq4_xs,
    ck_mxfp4,
    ck_iq3_s,
} ck_format;

/// Weights of one row that share a block, and its bytes: in model files and in kernel layout alike.
typedef struct {
    size_t weights, bytes;
} ck_block_size;

ck_block_size ck_block_size_of(ck_format format);

/// From the order of model files (row-major, ggml's blocks) to kernel layout. `rows` and `columns` are those of the
/// matrix; `out` has room for whole groups of 16 rows, and rows that are missing become zeros.
void ck_pack(ck_format format, const void *file, size_t rows, size_t columns, void *out);

/// Row `row` of a packed matrix in file order.
void ck_unpack(ck_format format, const void *packed, size_t row, size_t columns, void *file);

/// The index of the first of `blocks` blocks in file order that is, or has for a scale, a NaN or an infinity; or `blocks`.
size_t ck_first_non_finite(ck_format format, const void *file, size_t blocks);

#pragma clang assume_nonnull end

#endif
