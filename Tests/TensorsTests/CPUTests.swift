import Tensors
import Testing

struct CPUTests {
    @Test func `the processor has a name and a level`() {
        #expect(!CPU.name.isEmpty)
        #expect(CPU.levels.first == .generic)
        #expect(CPU.levels.contains(CPU.level))
    }

    @Test func `a BLAS held below the processor is warned about`() {
        #expect(CPU.blasWarning(coreType: "Haswell", level: .avx512)?.contains("OPENBLAS_CORETYPE=Haswell") == true)
        #expect(CPU.blasWarning(coreType: "SkylakeX", level: .avx512) == nil)
        #expect(CPU.blasWarning(coreType: "HASWELL", level: .avx2) == nil)
        #expect(CPU.blasWarning(coreType: "Nehalem", level: .avx2) != nil)
    }
}
