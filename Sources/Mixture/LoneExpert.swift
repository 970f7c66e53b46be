/// An expert that is always there.
final class LoneExpert: ExpertLease {
    let expert: Int
    let layout: ExpertLayout
    let isResident = true
    private let payload: ExpertPayload

    init(expert: Int, layout: ExpertLayout, payload: ExpertPayload) {
        self.expert = expert
        self.layout = layout
        self.payload = payload
    }

    func payload(through tile: Int) -> ExpertPayload { payload }
    func release() {}
}
