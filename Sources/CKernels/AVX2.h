// Kernels for AVX2, FMA and F16C: a vector of 16 lanes is two registers. They are compiled for two levels, one of which adds
// `INSTRUCTIONS` and has products of bytes that are added up in 32 bits at once (`HAS_VNNI`).

#include "Headers.h"

#if defined(__x86_64__)
#include <immintrin.h>

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
// Query heads of a tile of attention, and its sums.
#define ATTENTION_ROWS 4
#define ATTENTION_SUMS 4

#pragma clang attribute push(__attribute__((target("avx2,fma,f16c" INSTRUCTIONS))), apply_to = function)

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

/// The sum of two products of 16 bits each in every lane.
INLINE i32x16 dot_pairs(i16x32 a, i16x32 b) {
    return join(_mm256_madd_epi16(LOWER(a), LOWER(b)), _mm256_madd_epi16(UPPER(a), UPPER(b)));
}

INLINE i32x16 offset_sum(const ck_block *x, int first, int second) {
    int32_t sums;
    memcpy(&sums, x->sums, 4);
    const __m256i factors = _mm256_set1_epi32((first & 0xffff) | (int32_t)((uint32_t)second << 16));
    const __m256i both = _mm256_madd_epi16(_mm256_set1_epi32(sums), factors);
    return join(both, both);
}

#if defined(HAS_VNNI)

#include "WholeDots.h"

INLINE dot_sum dot_unsigned(dot_sum sum, u8x64 weights, int32_t four, bool ends_run) {
    (void)ends_run;
    const __m256i x = _mm256_set1_epi32(four);
    return join(
        _mm256_dpbusd_avx_epi32(LOWER(sum), LOWER(weights), x), _mm256_dpbusd_avx_epi32(UPPER(sum), UPPER(weights), x));
}

INLINE i32x16 start_signed(const ck_block *x) {
    return (i32x16){} - (x->sums[0] + x->sums[1]) * 128;
}

INLINE dot_sum dot_signed(dot_sum sum, u8x64 weights, int32_t four) {
    return dot_unsigned(sum, weights, four, true);
}

/// The sum of both dots times their scales, which are pairs; the dots fit 16 bits.
INLINE i32x16 scaled_dots(i16x32 scales, dot_sum lower, dot_sum upper) {
    return dot_pairs((i16x32)((lower & 0xffff) | upper << 16), scales);
}

#else

/// Sums in 32 bits and, where products are small, a run of them in 16: two in every lane.
typedef struct {
    i32x16 ended;
    i16x32 run;
} dot_sum;

INLINE dot_sum start_dots(i32x16 sum) {
    return (dot_sum){.ended = sum};
}

INLINE i32x16 whole(dot_sum sum) {
    return sum.ended;
}

/// The sums of two products each, which fit 16 bits.
INLINE i16x32 products_of_two(__m256i lower, __m256i upper, __m256i lower_x, __m256i upper_x) {
    return (i16x32)join(_mm256_maddubs_epi16(lower, lower_x), _mm256_maddubs_epi16(upper, upper_x));
}

/// Weights are below 128, and those of a run are so small that its sums fit 16 bits.
INLINE dot_sum dot_unsigned(dot_sum sum, u8x64 weights, int32_t four, bool ends_run) {
    const __m256i x = _mm256_set1_epi32(four);
    sum.run += products_of_two(LOWER(weights), UPPER(weights), x, x);
    if (ends_run) sum = (dot_sum){.ended = sum.ended + dot_pairs(sum.run, (i16x32){} + 1)};
    return sum;
}

/// Signed weights below: no offset to take out.
INLINE i32x16 start_signed(const ck_block *x) {
    (void)x;
    return (i32x16){};
}

/// |w| × sign(w) x: magnitudes up to 128 × 127 × 2 fit 16 bits, where unsigned weights up to 255 would saturate.
INLINE dot_sum dot_signed(dot_sum sum, u8x64 weights, int32_t four) {
    const __m256i x = _mm256_set1_epi32(four);
    const __m256i lower = LOWER(weights ^ 0x80), upper = UPPER(weights ^ 0x80);
    const i16x32 products = products_of_two(
        _mm256_abs_epi8(lower), _mm256_abs_epi8(upper), _mm256_sign_epi8(x, lower), _mm256_sign_epi8(x, upper));
    sum.ended += dot_pairs(products, (i16x32){} + 1);
    return sum;
}

/// The sum of both dots, of which no run has ended, times their scales, which are pairs.
INLINE i32x16 scaled_dots(i16x32 scales, dot_sum lower, dot_sum upper) {
    const i16x32 first = (i16x32)(((u32x16)scales & 0xffff) | (u32x16)scales << 16);
    const i16x32 second = (i16x32)(((u32x16)scales & 0xffff0000) | (u32x16)scales >> 16);
    return dot_pairs(lower.run, first) + dot_pairs(upper.run, second);
}

#endif

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
#include "AttentionTiles.h"
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
