#ifndef OFFSTAGE_CHECKSUM_H
#define OFFSTAGE_CHECKSUM_H

#include <stddef.h>
#include <stdint.h>

/// CRC-32C (Castagnoli) of `count` bytes, going on from the checksum `seed` of the bytes before them (0: none).
uint32_t ck_crc32c(uint32_t seed, const void *_Nullable bytes, size_t count);

/// The same, a table look-up per byte: what the fast one is tested against.
uint32_t ck_crc32c_generic(uint32_t seed, const void *_Nullable bytes, size_t count);

#endif
