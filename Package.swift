// swift-tools-version: 6.2
import PackageDescription

/// Settings that every Swift target shares.
let house: [SwiftSetting] = [
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("MemberImportVisibility"),
    .enableUpcomingFeature("InternalImportsByDefault"),
]

let package = Package(
    name: "offstage",
    products: [
        .executable(name: "offstage", targets: ["offstage"]),
        .library(name: "Inference", targets: ["Inference"]),
    ],
    traits: [
        .trait(
            name: "OpenBLAS",
            description: "Multiply large f32 matrices with OpenBLAS, where it is installed, instead of our own kernels."
        ),
        .trait(
            name: "MPI", description: "Run or train one model as several ranks that mpirun starts, on one host or many."
        ),
        .default(enabledTraits: ["OpenBLAS"]),
    ],
    dependencies: [
        .package(url: "https://github.com/apple/swift-argument-parser", exact: "1.8.2"),
        .package(url: "https://github.com/apple/swift-collections", exact: "1.6.0"),
        .package(url: "https://github.com/apple/swift-log", exact: "1.16.2"),
    ],
    targets: [
        .systemLibrary(name: "CLMDB", pkgConfig: "lmdb", providers: [.apt(["liblmdb-dev"])]),
        .systemLibrary(name: "CUV", pkgConfig: "libuv", providers: [.apt(["libuv1-dev"])]),
        .target(name: "CKernels"),
        .target(
            name: "CMPI",
            cSettings: [.define("OFFSTAGE_MPI", .when(traits: ["MPI"]))],
            linkerSettings: [.linkedLibrary("mpi", .when(traits: ["MPI"]))]),

        .target(name: "Files", swiftSettings: house),
        .target(name: "Profiling", dependencies: ["Files"], swiftSettings: house),
        .target(name: "Ranks", dependencies: ["CMPI"], swiftSettings: house),
        .target(name: "Tensors", dependencies: ["CKernels"], swiftSettings: house),
        .target(
            name: "ModelFiles",
            dependencies: ["Files", "Tensors", .product(name: "HeapModule", package: "swift-collections")],
            swiftSettings: house),
        .target(name: "Mixture", dependencies: ["Tensors", "Profiling"], swiftSettings: house),
        .target(
            name: "Offload",
            dependencies: [
                "Mixture", "ModelFiles", "Tensors", "Profiling", "CKernels", "CLMDB", "CUV",
                .product(name: "HeapModule", package: "swift-collections"),
                .product(name: "Logging", package: "swift-log"),
            ],
            swiftSettings: house),
        .target(
            name: "Transformer", dependencies: ["Mixture", "ModelFiles", "Tensors", "Profiling", "CKernels"],
            swiftSettings: house),
        .target(
            name: "Inference",
            dependencies: [
                "Transformer", "Offload", "Mixture", "ModelFiles", "Tensors", "Profiling", "Ranks",
                .product(name: "Logging", package: "swift-log"),
            ],
            swiftSettings: house),
        .target(
            name: "Training",
            dependencies: ["Files", "Mixture", "ModelFiles", "Tensors", "Profiling", "Ranks"],
            swiftSettings: house),
        .executableTarget(
            name: "offstage",
            dependencies: [
                "Inference", "Training", "Transformer", "Offload", "Mixture", "ModelFiles", "Tensors", "Profiling",
                "Files", "Ranks", "CKernels",
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
                .product(name: "Logging", package: "swift-log"),
            ],
            swiftSettings: house),

        .testTarget(name: "FilesTests", dependencies: ["Files"], swiftSettings: house),
        .target(name: "RankBehavior", dependencies: ["Ranks"], path: "Tests/RankBehavior", swiftSettings: house),
        .executableTarget(
            name: "rank-checks", dependencies: ["RankBehavior", "Ranks"], path: "Tests/RankChecks",
            swiftSettings: house),
        .testTarget(name: "RanksTests", dependencies: ["Ranks", "RankBehavior"], swiftSettings: house),
        .testTarget(name: "ProfilingTests", dependencies: ["Profiling"], swiftSettings: house),
        .testTarget(name: "TensorsTests", dependencies: ["Tensors", "CKernels"], swiftSettings: house),
        .testTarget(name: "ModelFilesTests", dependencies: ["ModelFiles", "Tensors"], swiftSettings: house),
        .testTarget(name: "MixtureTests", dependencies: ["Mixture", "Profiling", "Tensors"], swiftSettings: house),
        .testTarget(
            name: "OffloadTests", dependencies: ["Offload", "Mixture", "ModelFiles", "Tensors", "Profiling", "CUV"],
            swiftSettings: house),
        .testTarget(
            name: "TransformerTests", dependencies: ["Transformer", "Mixture", "ModelFiles", "Tensors", "Profiling"],
            swiftSettings: house),
        .testTarget(
            name: "InferenceTests",
            dependencies: [
                "Inference", "Transformer", "Offload", "Mixture", "ModelFiles", "Tensors", "Profiling", "Ranks",
            ],
            swiftSettings: house),
        .testTarget(
            name: "TrainingTests",
            dependencies: ["Training", "Mixture", "ModelFiles", "Tensors", "Profiling", "Ranks"],
            swiftSettings: house),
        .testTarget(
            name: "CommandTests", dependencies: ["offstage", "Training", "Mixture", "Profiling", "Tensors"],
            swiftSettings: house),
    ],
    swiftLanguageModes: [.v6]
)
