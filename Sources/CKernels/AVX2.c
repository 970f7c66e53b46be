// Kernels for AVX2, FMA and F16C: a vector of 16 lanes is two registers.

#include "Headers.h"

#if defined(__x86_64__)
#include <immintrin.h>

#define LEVEL ck_kernels_avx2
#define UNROLL _Pragma("clang loop unroll(full)")
#define TILE INLINED_TILE
// Groups and tokens of a tile whose sums just fit the registers.
#define FLOAT_HEIGHT 1
#define FLOAT_WIDTH 6
#define BLOCK_HEIGHT 1
#define BLOCK_WIDTH 4
// Rows and vectors of columns of a tile of a dense product, likewise.
#define DENSE_HEIGHT 6
#define DENSE_VECTORS 1

#pragma clang attribute push(__attribute__((target("avx2,fma,f16c"))), apply_to = function)

#include "Vectors.h"

#define LOWER(v) ((__m256i)__builtin_shufflevector((i32x16)(v), (i32x16)(v), 0, 1, 2, 3, 4, 5, 6, 7))
#define UPPER(v) ((__m256i)__builtin_shufflevector((i32x16)(v), (i32x16)(v), 8, 9, 10, 11, 12, 13, 14, 15))

typedef int32_t i32x8 __attribute__((vector_size(32)));

INLINE i32x16 join(__m256i lower, __m256i upper) {
    return __builtin_shufflevector((i32x8)lower, (i32x8)upper, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15);
}

INLINE f32x16 widen_f16(const void *from) {
    const __m256 lower = _mm256_cvtph_ps(_mm_loadu_si128((const __m128i *)from));
    const __m256 upper = _mm256_cvtph_ps(_mm_loadu_si128((const __m128i *)from + 1));
    return (f32x16)join((__m256i)lower, (__m256i)upper);
}

INLINE void narrow_f16(f32x16 values, void *to) {
    _mm_storeu_si128((__m128i *)to, _mm256_cvtps_ph((__m256)LOWER(values), _MM_FROUND_TO_NEAREST_INT));
    _mm_storeu_si128((__m128i *)to + 1, _mm256_cvtps_ph((__m256)UPPER(values), _MM_FROUND_TO_NEAREST_INT));
}

/// Sums of four products of weights below 128, which two at a time fit 16 bits.
INLINE __m256i dot_half(__m256i weights, __m256i x) {
    return _mm256_madd_epi16(_mm256_maddubs_epi16(weights, x), _mm256_set1_epi16(1));
}

INLINE i32x16 dot_unsigned(i32x16 sum, u8x64 weights, int32_t four) {
    const __m256i x = _mm256_set1_epi32(four);
    return sum + join(dot_half(LOWER(weights), x), dot_half(UPPER(weights), x));
}

INLINE i32x16 offset_sum(const ck_block *x, int first, int second) {
    return (i32x16){} + (x->sums[0] * first + x->sums[1] * second);
}

/// Signed weights below: no offset to take out.
INLINE i32x16 start_signed(const ck_block *x) {
    (void)x;
    return (i32x16){};
}

/// |w| × sign(w) x: magnitudes up to 128 × 127 × 2 fit 16 bits, where unsigned weights up to 255 would saturate.
INLINE __m256i dot_half_signed(__m256i weights, __m256i x) {
    const __m256i w = _mm256_xor_si256(weights, _mm256_set1_epi8((char)0x80));
    return dot_half(_mm256_abs_epi8(w), _mm256_sign_epi8(x, w));
}

INLINE i32x16 dot_signed(i32x16 sum, u8x64 weights, int32_t four) {
    const __m256i x = _mm256_set1_epi32(four);
    return sum + join(dot_half_signed(LOWER(weights), x), dot_half_signed(UPPER(weights), x));
}

/// The sum of two products of 16 bits each in every lane.
INLINE i32x16 dot_pairs(i16x32 a, i16x32 b) {
    return join(_mm256_madd_epi16(LOWER(a), LOWER(b)), _mm256_madd_epi16(UPPER(a), UPPER(b)));
}

/// `table[i]` for each index i below 16.
INLINE u8x64 look_up(const uint8_t *table, u8x64 indices) {
    const __m256i both = _mm256_broadcastsi128_si256(_mm_loadu_si128((const __m128i *)table));
    return (u8x64)join(_mm256_shuffle_epi8(both, LOWER(indices)), _mm256_shuffle_epi8(both, UPPER(indices)));
}

INLINE u32x16 gather(const uint32_t *table, u32x16 indices) {
    const int *from = (const int *)table;
    return (u32x16)join(_mm256_i32gather_epi32(from, LOWER(indices), 4), _mm256_i32gather_epi32(from, UPPER(indices), 4));
}

#include "Products.h"
#include "Bits.h"
#include "Expand.h"
#include "BlockProducts.h"
#include "Rows.h"
#include "Attention.h"
#include "Blocks.h"
#include "Encode.h"
#include "Decode.h"
#include "Dense.h"
#include "Gradients.h"
#include "CausalAttention.h"
#include "Table.h"

#pragma clang attribute pop
#endif
