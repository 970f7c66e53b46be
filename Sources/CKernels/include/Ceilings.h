#ifndef OFFSTAGE_CEILINGS_H
#define OFFSTAGE_CEILINGS_H

#include <stddef.h>
#include <stdint.h>

#include "Kernels.h"

/// What products are made of.
typedef enum : int32_t {
    /// Bytes times bytes, added up in 32 bits.
    ck_bytes,
    /// f32.
    ck_floats,
} ck_arithmetic;

/// Reads whole lines of 64 bytes in four streams, each a quarter of the memory, as wide as a level can.
///
/// - Parameters:
///   - bytes: a multiple of 256.
///   - ahead: how many bytes further on each stream asks for what it will need; 0: it leaves that to the processor.
/// - Returns: a number that hangs on all that was read.
uint64_t ck_read(ck_level level, const void *_Nonnull memory, size_t bytes, size_t ahead);

/// Multiplies and adds in registers alone, with the instructions that products of a level are made of and enough sums side
/// by side that none waits for another: `vpdpbusd` with AVX-512 and AVX-VNNI, `vpmaddubsw`, `vpmaddwd` and `vpaddd` with
/// AVX2, fused multiply-adds of floats with all of them.
///
/// - Returns: how many numbers were multiplied and added; 0 where a level leaves the choice of instructions to the compiler.
uint64_t ck_multiply_add(ck_level level, ck_arithmetic arithmetic, size_t rounds);

#endif
