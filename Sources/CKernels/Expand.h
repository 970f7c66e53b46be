// Weights of block formats out of kernel layout, compiled once per level: a format is a recipe, its quants and its scales.
//
// Weights come as unsigned bytes, 4 columns × 16 rows to a vector, vector k of a block of 32 holding columns 4k to 4k + 3.
// A weight is scale × (quant − offset) + minimum.
// All functions are inlined with a constant format, so that nothing of the other formats is left.

/// What products of a format have in common with those of others.
typedef enum {
    /// Quants below 128, less an offset.
    narrow,
    /// Quants of 8 bits, less 128.
    wide,
    /// Quants below 128; a minimum for 32 columns.
    narrow_with_minimum,
    /// Quants below 128; two minimums for 32 columns, integers of 4 bits times a factor.
    narrow_with_minimums,
    /// Quants below 128, less an offset; two scales for 32 columns, integers of 8 bits times a factor.
    narrow_with_scales,
} kind;

typedef struct {
    /// Columns of a block, and the bytes that a row has in each area of it.
    size_t columns, quants, rest, last;
    /// Blocks of 32 whose quants lie in the same bytes and come out together.
    size_t step;
    kind kind;
    int offset;
    /// Whether there are two scales for 32 columns, integers times a factor.
    bool isPaired;
} recipe;

static const recipe recipes[] = {
    [ck_q8_0] = {.columns = 32, .quants = 32, .rest = 2, .step = 1, .kind = wide},
    [ck_q4_0] = {.columns = 32, .quants = 16, .rest = 2, .step = 1, .offset = 8},
    [ck_q6_k] = {
        .columns = 256, .quants = 192, .rest = 16, .last = 2, .step = 4, .kind = narrow_with_scales, .offset = 32,
        .isPaired = true,
    },
    [ck_q4_k] = {.columns = 256, .quants = 128, .rest = 16, .step = 2, .kind = narrow_with_minimum},
    [ck_q5_k] = {.columns = 256, .quants = 160, .rest = 16, .step = 2, .kind = narrow_with_minimum},
    [ck_q5_0] = {.columns = 32, .quants = 20, .rest = 2, .step = 1, .offset = 16},
    [ck_q5_1] = {.columns = 32, .quants = 20, .rest = 4, .step = 1, .kind = narrow_with_minimum},
    [ck_q4_1] = {.columns = 32, .quants = 16, .rest = 4, .step = 1, .kind = narrow_with_minimum},
    [ck_iq4_nl] = {.columns = 32, .quants = 16, .rest = 2, .step = 1, .kind = wide},
    [ck_q3_k] = {.columns = 256, .quants = 96, .rest = 14, .step = 4, .offset = 4, .isPaired = true},
    [ck_q2_k] = {.columns = 256, .quants = 64, .rest = 20, .step = 4, .kind = narrow_with_minimums, .isPaired = true},
    [ck_iq4_xs] = {.columns = 256, .quants = 128, .rest = 8, .step = 1, .kind = wide},
    [ck_mxfp4] = {.columns = 32, .quants = 16, .rest = 1, .step = 1, .offset = 12},
    [ck_iq3_s] = {.columns = 256, .quants = 32, .rest = 78, .step = 1, .offset = 16},
};

/// Where the areas of a block of the format lie.
typedef struct {
    const uint8_t *quants, *rest, *last;
} place;

/// Block b of `blocks` in a group.
INLINE place place_of(const recipe r, const uint8_t *group, size_t blocks, size_t b) {
    return (place){
        .quants = group + b * r.quants * 16,
        .rest = group + (blocks * r.quants + b * r.rest) * 16,
        .last = group + (blocks * (r.quants + r.rest) + b * r.last) * 16,
    };
}

/// How far on the areas of a block lie that comes later, for which memory is asked in time: processors do not read ahead past
/// a page by themselves, nor find their way from area to area.
typedef struct {
    ptrdiff_t quants, rest, last;
    /// Blocks until it goes over to another group.
    size_t left;
} distance;

/// To the block that lies some 6 KiB after block b of a group, whose successor is `stride` bytes on.
INLINE distance distance_from(const recipe r, size_t blocks, size_t b, size_t stride) {
    const size_t later = b + 1 + 6144 / (16 * (r.quants + r.rest + r.last)), groups = later / blocks;
    const ptrdiff_t further = (ptrdiff_t)(later % blocks) - (ptrdiff_t)b, bytes = (ptrdiff_t)(groups * stride);
    return (distance){
        .quants = bytes + further * 16 * (ptrdiff_t)r.quants,
        .rest = bytes + further * 16 * (ptrdiff_t)r.rest,
        .last = bytes + further * 16 * (ptrdiff_t)r.last,
        .left = blocks - later % blocks,
    };
}

INLINE void move_on(const recipe r, distance *to, size_t blocks, size_t stride) {
    if (--to->left > 0) return;
    to->left = blocks;
    to->quants += (ptrdiff_t)(stride - blocks * 16 * r.quants);
    to->rest += (ptrdiff_t)(stride - blocks * 16 * r.rest);
    to->last += (ptrdiff_t)(stride - blocks * 16 * r.last);
}

/// Asks for an eighth of what is taken in one step, the first block of which is block `first` of 32, that far on.
INLINE void ask_for(const recipe r, const place at, const distance to, size_t first, size_t eighth) {
    const size_t steps = r.columns / 32 / r.step, step = first / r.step;
    const size_t quants = r.quants / 4 / steps, rest = (r.rest + 4 * steps - 1) / (4 * steps);  // lines
    UNROLL for (size_t i = eighth * quants / 8; i < (eighth + 1) * quants / 8; i++) {
        __builtin_prefetch(at.quants + to.quants + (step * quants + i) * 64);
    }
    UNROLL for (size_t i = eighth * rest / 8; i < (eighth + 1) * rest / 8; i++) {
        __builtin_prefetch(at.rest + to.rest + (step * rest + i) * 64);
    }
    if (r.last > 0 && eighth == 0) __builtin_prefetch(at.last + to.last);
}

/// Scales and minimums of each 32 of 256 columns.
typedef struct {
    f32x16 scales[8], minimums[8];
    /// The integers of a format that has pairs of them, those of the first 16 columns in lower halves.
    i16x32 scale_pairs[8], minimum_pairs[8];
    /// The same where they are of 8 bits.
    f32x16 wide_scale_pairs[8][2];
} factors;

/// Vector k of 32 columns in 4 vectors: the first 16 columns in lower halves, the others in upper halves.
INLINE u8x64 halves(const uint8_t *quants, size_t k) {
    const u8x64 both = load_u8x64(quants + k % 4 * 64);
    return k < 4 ? low_halves(both) : high_halves(both);
}

/// Bit k of each byte as a 16.
INLINE u8x64 fifth_bits(const uint8_t *all, size_t k) {
    return bits(load_u8x64(all), 1, (uint32_t)k, 4);
}

/// Four vectors of lower quarters, and of upper bits from bit `first` on.
INLINE void expand_q3_k(u8x64 quarters, u8x64 upper, size_t first, u8x64 *w) {
#if defined(HAS_VBMI)
    UNROLL for (uint32_t j = 0; j < 2; j++) {
        // Two weights to a byte, whose upper bits come to bits 2 and 6 together.
        const uint64_t matrix = (1ull << (8 * (7 - 2) + j) | 1ull << (8 * (7 - 6) + j + 2)) << first;
        const u8x64 both = (right(quarters, 2 * j) & 0x33) | multiply_bits(matrix, upper);
        w[j] = low_halves(both);
        w[j + 2] = high_halves(both);
    }
#else
    UNROLL for (uint32_t j = 0; j < 4; j++) w[j] = bits(quarters, 2, 2 * j, 0) | bit_from(upper, first, j, 2);
#endif
}

#if defined(HAS_VBMI)

/// `table[i]` for 64 indices of 9 bits: the lower eight, and the ninth as a mask.
INLINE u32x16 look_up_512(const uint8_t *table, __m512i indices, __mmask64 ninth) {
    const __mmask64 seventh = _mm512_test_epi8_mask(indices, _mm512_set1_epi8(64));
    const __mmask64 eighth = _mm512_movepi8_mask(indices);
    __m512i quarters[4];
    UNROLL for (size_t i = 0; i < 4; i++) {
        const __m512i lower = _mm512_loadu_si512(table + i * 128), upper = _mm512_loadu_si512(table + i * 128 + 64);
        quarters[i] = _mm512_permutexvar_epi8(indices, lower);
        quarters[i] = _mm512_mask_permutexvar_epi8(quarters[i], seventh, indices, upper);
    }
    const __m512i first = _mm512_mask_mov_epi8(quarters[0], eighth, quarters[1]);
    return (u32x16)_mm512_mask_mov_epi8(first, ninth, _mm512_mask_mov_epi8(quarters[2], eighth, quarters[3]));
}

/// The magnitudes of indices of 9 bits, with their signs and 16 more. Four vectors' indices are looked up together.
INLINE u8x64 look_up_iq3_s(const uint8_t *indices, const uint8_t *ninth_bits, const uint8_t *signs, size_t k) {
    // A row's four indices side by side, and what they find.
    const u32x16 row = (u32x16){0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15} * 0x01010101;
    const __m512i four = _mm512_permutexvar_epi8((__m512i)(row + 0x30201000), _mm512_loadu_si512(indices + k / 4 * 64));
    const __m512i rows = _mm512_castsi128_si512(_mm_loadu_si128((const __m128i *)ninth_bits));
    const __m512i bits = _mm512_permutexvar_epi8((__m512i)row, rows);
    const __mmask64 ninth = _mm512_test_epi8_mask(bits, _mm512_set1_epi32(0x08040201 << k / 4 * 4));
    const u32x16 even = look_up_512(ck_iq3_s_halves[0], four, ninth), odd = look_up_512(ck_iq3_s_halves[1], four, ninth);
    // Two vectors at a time, of which k's four halves of bytes are spread over the row's four bytes.
    const u32x16 two = k % 4 < 2 ? (even & 0xffff) | odd << 16 : even >> 16 | (odd & 0xffff0000);
    const __m512i from = _mm512_set1_epi64((long long)(0x3424302014041000 + k % 2 * 0x0808080808080808));
    const u8x64 magnitudes = low_halves((u8x64)_mm512_multishift_epi64_epi8(from, (__m512i)two));
    // Magnitudes are odd: 16 + m is m with bit 4, and 16 − m is m with bits 1 to 3 flipped.
    const __m512i to_bits_1_to_4 = _mm512_set1_epi64((long long)(0x0001010101000000 << k));
    return magnitudes ^ (u8x64)_mm512_gf2p8affine_epi64_epi8(_mm512_loadu_si512(signs), to_bits_1_to_4, 16);
}

#else

/// The magnitudes of indices of 9 bits, with their signs and 16 more.
INLINE u8x64 look_up_iq3_s(const uint8_t *indices, const uint8_t *ninth_bits, const uint8_t *signs, size_t k) {
    const u32x16 low = __builtin_convertvector(load_u8x16(indices + k * 16), u32x16);
    const u32x16 high = __builtin_convertvector(load_u8x16(ninth_bits), u32x16) << (uint32_t)(8 - k) & 256;
    const u8x64 magnitudes = (u8x64)gather(ck_iq3_s_grid, low | high);
    const u8x64 is_negative = (u8x64)((load_u8x64(signs) & (uint8_t)(1 << k)) != 0);
    // Magnitudes are odd: 16 + m is m with bit 4, and 16 − m is that with bits 1 to 4 flipped.
    return (magnitudes | 16) ^ (is_negative & 30);
}

#endif

/// Sets `w[j]` to vector k of each block j of a step, the first of which is block `first` of 32 in a block of the format.
INLINE void expand_quants(
    const ck_format format, const place at, size_t first, size_t k, u8x64 *w
) {
    const uint8_t *quants = at.quants;
    switch (format) {
    case ck_q4_k: {
        const u8x64 both = load_u8x64(quants + (first * 4 + k) * 64);
        w[0] = low_halves(both);
        w[1] = high_halves(both);
        break;
    }
    case ck_q5_k: {
        const u8x64 both = load_u8x64(quants + (8 + first * 4 + k) * 64);
        const u8x64 upper = load_u8x64(quants + k * 64);
        w[0] = low_halves(both) | bit_from(upper, first, 0, 4);
        w[1] = high_halves(both) | bit_from(upper, first, 1, 4);
        break;
    }
    case ck_q5_0:
    case ck_q5_1: w[0] = halves(quants + 64, k) | fifth_bits(quants, k); break;
    case ck_q4_0:
    case ck_q4_1: w[0] = halves(quants, k); break;
    case ck_q8_0: w[0] = load_u8x64(quants + k * 64); break;
    case ck_q6_k: {
        const uint8_t *half = quants + first * 384 + k * 64;
        const u8x64 a = load_u8x64(half), b = load_u8x64(half + 512);
        const u8x64 upper = load_u8x64(half + 1024);
        w[0] = low_halves(a) | bits(upper, 2, 0, 4);
        w[1] = low_halves(b) | bits(upper, 2, 2, 4);
        w[2] = high_halves(a) | (upper & 48);
        w[3] = high_halves(b) | bits(upper, 2, 6, 4);
        break;
    }
    case ck_iq4_nl:
    case ck_iq4_xs: w[0] = look_up(ck_iq4_values, halves(quants + first * 256, k)); break;
    case ck_mxfp4: w[0] = look_up(ck_fp4_values, halves(quants, k)); break;
    case ck_q3_k:
        expand_q3_k(load_u8x64(quants + (8 + first * 2 + k) * 64), load_u8x64(quants + k * 64), first, w);
        break;
    case ck_q2_k: {
        const u8x64 four = load_u8x64(quants + (first * 2 + k) * 64);
        UNROLL for (uint32_t j = 0; j < 4; j++) w[j] = bits(four, 2, 2 * j, 0);
        break;
    }
    case ck_iq3_s:
        w[0] = look_up_iq3_s(at.rest + first * 128, at.rest + (64 + first) * 16, quants + first * 64, k);
        break;
    default: break;
    }
}

INLINE f32x16 bytes_as_floats(const uint8_t *bytes) {
    return __builtin_convertvector(load_u8x16(bytes), f32x16);
}

/// 6-bit scales and minimums, as in ggml's `get_scale_min_k4`, and the f16 factor of each.
INLINE void expand_scales_k4(const uint8_t *rest, factors *out) {
    const u8x64 a = load_u8x64(rest), b = load_u8x64(rest + 64), c = load_u8x64(rest + 128);
    const u8x64 scales[2] = {a & 63, low_halves(c) | (right(a, 2) & 48)};
    const u8x64 minimums[2] = {b & 63, high_halves(c) | (right(b, 2) & 48)};
    const f32x16 factor = widen_f16(rest + 192), minimum_factor = -widen_f16(rest + 224);
    UNROLL for (size_t j = 0; j < 8; j++) {
        out->scales[j] = factor * bytes_as_floats((const uint8_t *)scales + 16 * j);
        out->minimums[j] = minimum_factor * bytes_as_floats((const uint8_t *)minimums + 16 * j);
    }
}

/// Pairs of bytes with a scale in the lower half and a minimum in the upper half, and the f16 factor of each.
INLINE void expand_scales_q2_k(const uint8_t *rest, factors *out) {
    const f32x16 factor = widen_f16(rest + 256), minimum_factor = -widen_f16(rest + 288);
    UNROLL for (size_t j = 0; j < 8; j++) {
        const i16x32 both = __builtin_convertvector(load_u8x32(rest + 32 * j), i16x32);
        out->scale_pairs[j] = both & 15;
        out->minimum_pairs[j] = both >> 4;
        out->scales[j] = factor;
        out->minimums[j] = minimum_factor;
    }
}

/// Pairs of scales of 6 bits, less 32, and their f16 factor.
INLINE void expand_scales_q3_k(const uint8_t *rest, factors *out) {
    const u8x64 a = load_u8x64(rest), b = load_u8x64(rest + 64), c = load_u8x64(rest + 128);
    const u8x64 scales[4] = {
        (low_halves(a) | (left(c, 4) & 48)) - 32,
        (low_halves(b) | (left(c, 2) & 48)) - 32,
        (high_halves(a) | (c & 48)) - 32,
        (high_halves(b) | (right(c, 2) & 48)) - 32,
    };
    const f32x16 factor = widen_f16(rest + 192);
    UNROLL for (size_t j = 0; j < 8; j++) {
        out->scale_pairs[j] = __builtin_convertvector(load_i8x32((const uint8_t *)scales + 32 * j), i16x32);
        out->scales[j] = factor;
    }
}

/// Pairs of signed scales, and their f16 factor.
INLINE void expand_scales_q6_k(const uint8_t *rest, const uint8_t *last, factors *out) {
    const f32x16 factor = widen_f16(last);
    UNROLL for (size_t j = 0; j < 8; j++) {
        out->wide_scale_pairs[j][0] = __builtin_convertvector(load_i8x16(rest + 32 * j), f32x16);
        out->wide_scale_pairs[j][1] = __builtin_convertvector(load_i8x16(rest + 32 * j + 16), f32x16);
        out->scales[j] = factor;
    }
}

/// 8 scales of 6 bits, less 32: upper quarters in 2 bytes, lower halves in 4; and their f16 factor.
INLINE void expand_scales_iq4_xs(const uint8_t *rest, factors *out) {
    const u8x64 both = load_u8x64(rest + 32), low[2] = {low_halves(both), high_halves(both)};
    const f32x16 factor = widen_f16(rest + 96);
    UNROLL for (uint32_t j = 0; j < 8; j++) {
        const u8x16 upper = load_u8x16(rest + j / 4 * 16) >> 2 * (j % 4) & 3;
        const u8x16 scale = load_u8x16((const uint8_t *)&low[j % 2] + j / 2 * 16) | upper << 4;
        out->scales[j] = factor * (bytes_as_floats((const uint8_t *)&scale) - 32.0f);
    }
}

/// 4 bytes of two scales s each, which mean 1 + 2s, and their f16 factor.
INLINE void expand_scales_iq3_s(const uint8_t *rest, factors *out) {
    const u8x64 both = load_u8x64(rest + 72 * 16);
    const u8x64 odd[2] = {(left(both, 1) & 30) | 1, (right(both, 3) & 30) | 1};
    const f32x16 factor = widen_f16(rest + 76 * 16);
    UNROLL for (size_t j = 0; j < 8; j++) {
        out->scales[j] = factor * bytes_as_floats((const uint8_t *)&odd[j % 2] + j / 2 * 16);
    }
}

/// Half of 2 to the power of each exponent, whose bias is 127.
INLINE f32x16 widen_e8m0(const uint8_t *exponents) {
    const u32x16 exponent = __builtin_convertvector(load_u8x16(exponents), u32x16);
    const u32x16 is_least = (u32x16)(exponent < 2);
    return (f32x16)((is_least & ((u32x16){} + 0x200000) << (exponent & 1)) | (~is_least & (exponent - 1) << 23));
}

/// Sets what belongs to a block of the format; all of it is exact.
INLINE void expand_scales(const ck_format format, const place at, factors *out) {
    switch (format) {
    case ck_q5_1:
    case ck_q4_1:
        out->scales[0] = widen_f16(at.rest);
        out->minimums[0] = widen_f16(at.rest + 32);
        break;
    case ck_q4_k:
    case ck_q5_k: expand_scales_k4(at.rest, out); break;
    case ck_q6_k: expand_scales_q6_k(at.rest, at.last, out); break;
    case ck_q3_k: expand_scales_q3_k(at.rest, out); break;
    case ck_q2_k: expand_scales_q2_k(at.rest, out); break;
    case ck_iq4_xs: expand_scales_iq4_xs(at.rest, out); break;
    case ck_mxfp4: out->scales[0] = widen_e8m0(at.rest); break;
    case ck_iq3_s: expand_scales_iq3_s(at.rest, out); break;
    default: out->scales[0] = widen_f16(at.rest); break;
    }
}
