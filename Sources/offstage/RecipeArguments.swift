import ArgumentParser
import Foundation
import Profiling
import Tensors
import Training

/// What is to be trained: a recipe, and flags that win over it.
struct RecipeArguments: ParsableArguments {
    @Argument(
        help: ArgumentHelp("A recipe: a name under recipes in --experts-dir, or a JSON file.", valueName: "recipe"))
    var name: String?
    @OptionGroup var options: TrainOptions
    @OptionGroup var home: HomeOptions
    @Option(parsing: .unconditional, help: "Threads; they change no bit. (default: the cores it may use)")
    var threads: Int?

    func validate() throws {
        try Limits.check("--threads", threads, 1...Limits.threads)
        if name == nil, options.data.data.isEmpty {
            throw ValidationError("Give a RECIPE, or a text with --data (--data toy is the built-in corpus)")
        }
    }

    /// What a command makes of the recipe, the flags over it.
    ///
    /// - Throws: `ValidationError` where the flags are at fault, other errors for what is in a file.
    func recipe<Use>(for use: (Recipe) throws -> Use) throws -> Use {
        let path = try name.map { try RecipeName.path($0, home) }
        let own = try Recipe(path: path)
        do {
            return try use(Recipe(path: path, fields: options.fields))
        } catch let error as TrainingError {
            if let path, isFault(error, of: own) { throw TrainingError("\(path): \(error)") }
            throw ValidationError(options.inFlags("\(error)").printable)
        }
    }

    /// Says what the flags are at fault with before anything is done, and together with how the command is used. What is
    /// wrong with a file is said when it is read.
    func checkFlags(_ use: (Recipe) throws -> Void) throws {
        do { try recipe(for: use) } catch let error as ValidationError { throw error } catch {}
    }

    /// Whether it would be the same without flags.
    private func isFault(_ error: TrainingError, of recipe: Recipe) -> Bool {
        var recipe = recipe
        // What to read may be left to the flags.
        if recipe.data.isEmpty, !options.data.data.isEmpty { recipe.data = ["text"] }
        do {
            _ = try recipe.validated()
            return false
        } catch let other {
            return "\(other)" == "\(error)"
        }
    }

    var workers: Workers { Workers(count: threads ?? CPU.defaultThreads) }
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
