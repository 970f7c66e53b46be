// Kernels for AVX-512 with VNNI: a vector of 16 lanes is one register. They are compiled for two levels, one of which adds
// `INSTRUCTIONS`.

#include "Headers.h"

#if defined(__x86_64__)
#include <immintrin.h>

#define UNROLL _Pragma("clang loop unroll(full)")
#define TILE INLINED_TILE
// Groups and tokens of a tile whose sums just fit the registers.
#define FLOAT_HEIGHT 2
#define FLOAT_WIDTH 8
#define BLOCK_HEIGHT 2
#define BLOCK_WIDTH 6
// Rows and vectors of columns of a tile of a dense product, likewise.
#define DENSE_HEIGHT 12
#define DENSE_VECTORS 2
// Query heads of a tile of attention, and its sums.
#define ATTENTION_ROWS 8
#define ATTENTION_SUMS 16

#pragma clang attribute push( \
    __attribute__((target("avx512f,avx512bw,avx512vl,avx512dq,avx512vnni,avx2,fma,f16c" INSTRUCTIONS))), \
    apply_to = function)

#include "Vectors.h"

INLINE f32x16 widen_f16(const void *from) {
    return (f32x16)_mm512_cvtph_ps(_mm256_loadu_si256((const __m256i *)from));
}

INLINE void narrow_f16(f32x16 values, void *to) {
    _mm256_storeu_si256((__m256i *)to, _mm512_cvtps_ph((__m512)values, _MM_FROUND_TO_NEAREST_INT));
}

#include "WholeDots.h"

INLINE dot_sum dot_unsigned(dot_sum sum, u8x64 weights, int32_t four, bool ends_run) {
    (void)ends_run;
    return (i32x16)_mm512_dpbusd_epi32((__m512i)sum, (__m512i)weights, _mm512_set1_epi32(four));
}

INLINE i32x16 offset_sum(const ck_block *x, int first, int second) {
    int32_t sums;
    memcpy(&sums, x->sums, 4);
    const __m512i factors = _mm512_set1_epi32((first & 0xffff) | (int32_t)((uint32_t)second << 16));
    return (i32x16)_mm512_madd_epi16(_mm512_set1_epi32(sums), factors);
}

INLINE i32x16 start_signed(const ck_block *x) {
    return offset_sum(x, -128, -128);
}

INLINE dot_sum dot_signed(dot_sum sum, u8x64 weights, int32_t four) {
    return dot_unsigned(sum, weights, four, true);
}

/// The sum of two products of 16 bits each in every lane.
INLINE i32x16 dot_pairs(i16x32 a, i16x32 b) {
    return (i32x16)_mm512_madd_epi16((__m512i)a, (__m512i)b);
}

/// The sum of both dots times their scales, which are pairs; the dots fit 16 bits.
INLINE i32x16 scaled_dots(i16x32 scales, dot_sum lower, dot_sum upper) {
    const __m512i shifted = _mm512_slli_epi32((__m512i)upper, 16);
    return dot_pairs((i16x32)_mm512_mask_blend_epi16(0xaaaaaaaa, (__m512i)lower, shifted), scales);
}

/// `table[i]` for each index i below 16.
INLINE u8x64 look_up(const uint8_t *table, u8x64 indices) {
    const __m512i four = _mm512_broadcast_i32x4(_mm_loadu_si128((const __m128i *)table));
    return (u8x64)_mm512_shuffle_epi8(four, (__m512i)indices);
}

INLINE u32x16 gather(const uint32_t *table, u32x16 indices) {
    return (u32x16)_mm512_i32gather_epi32((__m512i)indices, table, 4);
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
