import Mixture
import Offload
import Tensors
import Testing

@Suite struct SlabPlanTests {
    private let small = ExpertLayout(
        ExpertShape(hiddenSize: 256, intermediateSize: 512, gateFormat: .q4_0, upFormat: .q4_0, downFormat: .q4_0))!
    private let large = ExpertLayout(
        ExpertShape(hiddenSize: 256, intermediateSize: 512, gateFormat: .q8_0, upFormat: .q8_0, downFormat: .q8_0))!

    @Test func `the smallest pool has one slot of each size`() {
        let layouts = [small, large, small, small]
        let least = SlabPlan.smallestBytes(layouts: layouts, expertsPerLayer: 8)
        let plan = SlabPlan(layouts: layouts, expertsPerLayer: 8, budget: least)
        #expect(plan?.classes.allSatisfy { $0.slots >= 1 } == true)
        #expect(plan?.bytes == least)
        #expect(SlabPlan(layouts: layouts, expertsPerLayer: 8, budget: least - 1) == nil)
    }

    @Test func `room for everything is not exceeded`() {
        let layouts = [small, large, small, small]
        let plan = SlabPlan(layouts: layouts, expertsPerLayer: 8, budget: 1 << 40)
        #expect(plan?.classes.map(\.slots) == [24, 8])
        #expect(plan?.bytes == SlabPlan.greatestBytes(layouts: layouts, expertsPerLayer: 8))
    }

    @Test func `what a greater budget leaves is filled, the largest first`() throws {
        let layouts = [small, large]
        let least = SlabPlan.smallestBytes(layouts: layouts, expertsPerLayer: 8)
        let plan = try #require(SlabPlan(layouts: layouts, expertsPerLayer: 8, budget: least))
        let more = SlabPlan.slotBytes(large) + SlabPlan.slotBytes(small)
        #expect(plan.filling(least) == plan)
        #expect(plan.filling(least + more).classes.map(\.slots) == [2, 2])
        #expect(plan.filling(least + more - 1).classes.map(\.slots) == [1, 2])
        #expect(plan.filling(1 << 40).classes.map(\.slots) == [8, 8])
    }

    @Test func `every budget is kept, used, and shared in proportion`() throws {
        let layouts = [ExpertLayout](repeating: small, count: 6) + [large, large]
        let all = SlabPlan.greatestBytes(layouts: layouts, expertsPerLayer: 64)
        for budget in stride(from: 4 << 20, to: all, by: 3_333_333) {
            let plan = try #require(SlabPlan(layouts: layouts, expertsPerLayer: 64, budget: budget))
            #expect(plan.bytes <= budget)
            #expect(plan.bytes > budget - (4 << 20))
            let shares = plan.classes.map { Double($0.slots) / Double($0.experts) }
            #expect(abs(shares[0] - shares[1]) < 0.03)
        }
    }
}
