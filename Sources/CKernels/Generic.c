// Kernels without special instructions: the twin that every faster one is tested against.

#include "Headers.h"

#define LEVEL ck_kernels_generic
// Without wide registers there is nothing to keep in them, and much code to save.
#define UNROLL _Pragma("clang loop unroll(disable)")
#define TILE static __attribute__((noinline))
// Groups and tokens of a tile whose sums just fit the registers.
#define FLOAT_HEIGHT 1
#define FLOAT_WIDTH 4
#define BLOCK_HEIGHT 1
#define BLOCK_WIDTH 4
// Rows and vectors of columns of a tile of a dense product, likewise.
#define DENSE_HEIGHT 4
#define DENSE_VECTORS 1
// Query heads of a tile of attention, and its sums.
#define ATTENTION_ROWS 4
#define ATTENTION_SUMS 4

#include "Vectors.h"

INLINE f32x16 widen_f16(const void *from) {
    const u32x16 half = __builtin_convertvector(load_u16x16(from), u32x16);
    const u32x16 shifted = (half & 0x7fff) << 13;
    // Times 2^112 moves the exponent from f16's bias to f32's, subnormals included; infinities and NaNs stay such.
    const u32x16 finite = (u32x16)((f32x16)shifted * splat(0x1p112f));
    const u32x16 special = (u32x16)((half & 0x7c00) == 0x7c00);
    const u32x16 quiet = (u32x16)(shifted > 0x0f800000) & 0x400000;
    const u32x16 magnitude = (special & (shifted | 0x7f800000 | (special & quiet))) | (~special & finite);
    return (f32x16)(magnitude | (half & 0x8000) << 16);
}

INLINE void narrow_f16(f32x16 values, void *to) {
    for (int i = 0; i < 16; i++) {
        const float value = values[i];
        uint32_t bits;
        memcpy(&bits, &value, 4);
        const uint32_t sign = bits >> 16 & 0x8000;
        bits &= 0x7fffffff;
        uint32_t half;
        if (bits > 0x7f800000) {
            half = 0x7e00 | (bits >> 13 & 0x3ff);
        } else if (bits >= 0x477ff000) {  // 65520 and above round to infinity
            half = 0x7c00;
        } else if (bits < 0x38800000) {  // subnormal: adding 0.5 leaves the rounded bits at the low end
            float magnitude;
            memcpy(&magnitude, &bits, 4);
            magnitude += 0.5f;
            memcpy(&half, &magnitude, 4);
            half -= 0x3f000000;
        } else {
            half = (bits - 0x38000000 + 0xfff + (bits >> 13 & 1)) >> 13;
        }
        const uint16_t result = (uint16_t)(half | sign);
        memcpy((char *)to + 2 * i, &result, 2);
    }
}

#include "WholeDots.h"

INLINE dot_sum dot_unsigned(dot_sum sum, u8x64 weights, int32_t four, bool ends_run) {
    (void)ends_run;
    int8_t x[4];
    memcpy(x, &four, 4);
    UNROLL for (int lane = 0; lane < 16; lane++) {
        UNROLL for (int i = 0; i < 4; i++) sum[lane] += weights[4 * lane + i] * x[i];
    }
    return sum;
}

INLINE i32x16 offset_sum(const ck_block *x, int first, int second) {
    return (i32x16){} + (x->sums[0] * first + x->sums[1] * second);
}

INLINE i32x16 start_signed(const ck_block *x) {
    return offset_sum(x, -128, -128);
}

INLINE dot_sum dot_signed(dot_sum sum, u8x64 weights, int32_t four) {
    return dot_unsigned(sum, weights, four, true);
}

/// The sum of two products of 16 bits each in every lane.
INLINE i32x16 dot_pairs(i16x32 a, i16x32 b) {
    i32x16 sum;
    for (int i = 0; i < 16; i++) sum[i] = a[2 * i] * b[2 * i] + a[2 * i + 1] * b[2 * i + 1];
    return sum;
}

/// The sum of both dots times their scales, which are pairs; the dots fit 16 bits.
INLINE i32x16 scaled_dots(i16x32 scales, dot_sum lower, dot_sum upper) {
    return dot_pairs((i16x32)((lower & 0xffff) | upper << 16), scales);
}

/// `table[i]` for each index i below 16.
INLINE u8x64 look_up(const uint8_t *table, u8x64 indices) {
    u8x64 result;
    for (int i = 0; i < 64; i++) result[i] = table[indices[i]];
    return result;
}

INLINE u32x16 gather(const uint32_t *table, u32x16 indices) {
    u32x16 result;
    for (int i = 0; i < 16; i++) result[i] = table[indices[i]];
    return result;
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
