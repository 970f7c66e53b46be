// Bits out of bytes, compiled once per level.

INLINE u8x64 right(u8x64 bytes, uint32_t by) {
    return (u8x64)((u32x16)bytes >> by);
}

INLINE u8x64 left(u8x64 bytes, uint32_t by) {
    return (u8x64)((u32x16)bytes << by);
}

#if defined(HAS_VBMI)

/// A matrix over the field of two elements times each byte: byte 7 − i of it says which bits make up bit i.
INLINE u8x64 multiply_bits(uint64_t matrix, u8x64 bytes) {
    return (u8x64)_mm512_gf2p8affine_epi64_epi8((__m512i)bytes, _mm512_set1_epi64((long long)matrix), 0);
}

/// The `count` bits of each byte that begin at bit `from`, moved to bit `to`.
INLINE u8x64 bits(u8x64 bytes, uint32_t count, uint32_t from, uint32_t to) {
    if (from == to) return bytes & (uint8_t)(((1 << count) - 1) << to);
    uint64_t matrix = 0;
    UNROLL for (uint32_t i = 0; i < count; i++) matrix |= (uint64_t)1 << (8 * (7 - to - i) + from + i);
    return multiply_bits(matrix, bytes);
}

/// Bit `first` + `index`, moved to bit `to`.
INLINE u8x64 bit_from(u8x64 bytes, size_t first, uint32_t index, uint32_t to) {
    return multiply_bits((uint64_t)1 << (8 * (7 - to) + first + index), bytes);
}

#else

/// The `count` bits of each byte that begin at bit `from`, moved to bit `to`.
INLINE u8x64 bits(u8x64 bytes, uint32_t count, uint32_t from, uint32_t to) {
    return (from > to ? right(bytes, from - to) : left(bytes, to - from)) & (uint8_t)(((1 << count) - 1) << to);
}

/// Bit `first` + `index`, moved to bit `to`.
INLINE u8x64 bit_from(u8x64 bytes, size_t first, uint32_t index, uint32_t to) {
    return bits(right(bytes, (uint32_t)first), 1, index, to);
}

#endif

INLINE u8x64 low_halves(u8x64 bytes) {
    return bytes & 15;
}

INLINE u8x64 high_halves(u8x64 bytes) {
    return bits(bytes, 4, 4, 0);
}
