// Where the numbers of each format lie, in model files and in kernel layout.

#include "include/Formats.h"

/// What happens to the bits of a unit on its way into kernel layout.
typedef enum : uint8_t {
    as_they_are,
    /// Signed bytes become unsigned: q + 128.
    flipped,
    /// Bit 4k + i of a word becomes bit k of its byte i, where column 4k + i is wanted.
    transposed,
} ck_bits;

/// `count` units of `unit` bytes that begin at `offset` of a block of the file.
///
/// In a group of 16 rows they lie `[unit][16 rows]`, beside those of the block's other parts in the same area; a group
/// is its areas one after another, each `[block]`.
typedef struct {
    uint8_t area;
    uint8_t offset, count, unit;
    ck_bits bits;
} ck_part;

/// The numbers of a block that must be finite.
typedef enum : uint8_t {
    scales_f16,
    scales_bf16,
    scales_f32,
    /// 8 bits of exponent alone; 255 is a NaN.
    scales_e8m0,
} ck_scale;

typedef struct {
    ck_block_size block;
    ck_scale scale;
    /// Where the scales lie in a block of the file; the first and the last may be the same one.
    uint8_t first_scale, last_scale;
    /// Up to the first without units. Formats without blocks have none.
    ck_part parts[6];
} ck_layout;

extern const ck_layout ck_layouts[];
