import ArgumentParser
import Foundation
import Tensors
import Training

/// What is to be trained: a recipe, and flags that win over it.
struct RecipeArguments: ParsableArguments {
    @Argument(
        help: ArgumentHelp("A recipe: a name under recipes in --experts-dir, or a JSON file.", valueName: "recipe"))
    var name: String?
    @OptionGroup var options: TrainOptions
    @Option(parsing: .unconditional, help: "Threads; they change no bit. (default: the number of cores)")
    @OptionGroup var home: HomeOptions
    var threads: Int?

    func validate() throws {
        try Limits.check("--threads", threads, 1...Limits.threads)
        if name == nil, options.data.data.isEmpty {
            throw ValidationError("Give a RECIPE, or a text with --data (--data toy is the built-in corpus)")
        }
    }

    func recipe() throws -> Recipe {
        try Recipe(path: name.map { try RecipeName.path($0, home) }, fields: options.fields)
    }

    var workers: Workers { Workers(count: threads ?? ProcessInfo.processInfo.activeProcessorCount) }
}

/// Where recipes are found.
enum RecipeName {
    /// The file of a recipe: itself, or the one of that name among one's own or those that came with the program.
    static func path(_ recipe: String, _ home: HomeOptions) throws -> String {
        let folder = home.path(of: "recipes")
        for folder in [folder, "experts/recipes"] where ModelName.isPlain(recipe) {
            let named = "\(folder)/\(recipe).json"
            if FileManager.default.fileExists(atPath: named) { return named }
        }
        guard FileManager.default.fileExists(atPath: recipe) else {
            let known =
                (try? FileManager.default.contentsOfDirectory(atPath: folder))?
                .filter { $0.hasSuffix(".json") }.map { String($0.dropLast(5)) }.sorted() ?? []
            throw Complaint(
                "There is no recipe \(recipe.debugDescription): neither a file of that name nor one in \(folder)/"
                    + (known.isEmpty ? "" : ", which has \(known.joined(separator: ", "))"))
        }
        return recipe
    }
}
