import Mixture
import Tensors

extension ExpertTable {
    /// Asks for the memory of the slots, which nobody has touched, from the nodes that experts' rows shall lie on.
    func place(_ layouts: [ExpertLayout], _ plan: SlabPlan, on nodes: MemoryNodes) {
        let placement = Placement.rows(nodes: nodes.count)
        for layout in Set(layouts) {
            let header = layout.header(layer: 0, expert: 0)
            for slot in sizes[plan.classIndex(of: layout)].slots {
                for node in 0..<nodes.count {
                    for bytes in placement.bytes(of: layout, node: node) {
                        slot.prefer(node, of: nodes, for: bytes, offset: header.layout.payloadOffsetInWindow)
                    }
                }
            }
        }
    }
}
