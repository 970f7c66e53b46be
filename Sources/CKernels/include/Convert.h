#ifndef OFFSTAGE_CONVERT_H
#define OFFSTAGE_CONVERT_H

#include <stddef.h>
#include <stdint.h>

// From the order of model files (row-major, ggml's blocks) to kernel layout and back. `rows` and `columns` are those of
// the matrix; `out` has room for whole groups of 16 rows, and rows that are missing become zeros.

#pragma clang assume_nonnull begin

void ck_pack_f32(const void *file, size_t rows, size_t columns, void *out);
/// f16 and bf16.
void ck_pack_half(const void *file, size_t rows, size_t columns, void *out);
void ck_pack_q8_0(const void *file, size_t rows, size_t columns, void *out);
void ck_pack_q4_0(const void *file, size_t rows, size_t columns, void *out);
void ck_pack_q6_k(const void *file, size_t rows, size_t columns, void *out);

// Row `row` of a packed matrix in file order.

void ck_unpack_f32(const void *packed, size_t row, size_t columns, void *file);
void ck_unpack_half(const void *packed, size_t row, size_t columns, void *file);
void ck_unpack_q8_0(const void *packed, size_t row, size_t columns, void *file);
void ck_unpack_q4_0(const void *packed, size_t row, size_t columns, void *file);
void ck_unpack_q6_k(const void *packed, size_t row, size_t columns, void *file);

// What is wrong with weights in file order.

/// The index of the first of `count` f16 or bf16 numbers whose bits of `exponent` are all set: a NaN or an infinity; or
/// `count`.
size_t ck_first_non_finite_half(const void *file, size_t count, uint16_t exponent);
/// The index of the first of `count` blocks, each of `size` bytes, whose f16 scale at `offset` is a NaN or an infinity; or
/// `count`.
size_t ck_first_non_finite_scale(const void *file, size_t count, size_t size, size_t offset);

#pragma clang assume_nonnull end

#endif
