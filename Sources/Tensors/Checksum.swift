import CKernels

/// CRC-32C of `bytes`, going on from the checksum of the bytes before them.
package func crc32c(_ bytes: UnsafeRawBufferPointer, seed: UInt32 = 0) -> UInt32 {
    ck_crc32c(seed, bytes.baseAddress, bytes.count)
}
