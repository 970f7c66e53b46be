// The values of formats that keep indices, as ggml defines them.

#include <stdint.h>

/// IQ4_NL and IQ4_XS: value + 128.
extern const uint8_t ck_iq4_values[16];

/// MXFP4: twice the value + 12.
extern const uint8_t ck_fp4_values[16];

/// IQ3_S: four magnitudes each.
extern const uint32_t ck_iq3_s_grid[512];

/// The same in halves of bytes: bytes 0 and 2 of each entry, and bytes 1 and 3.
extern const uint8_t ck_iq3_s_halves[2][512];
