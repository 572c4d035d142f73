// mlc graph: a picture of a program.
#include "compiler/draw/Draw.h"
#include "compiler/draw/Fold.h"
#include "compiler/tools/mlc/Requests.h"

namespace mlc::tool {

Status runGraph(const Options &options) {
  bool ops = options.level == "op";
  if (!ops && !options.after.empty())
    return Status::usage("--after is for --level=op");
  Expected<std::unique_ptr<run::Loaded>> loaded = load(options);
  if (!loaded)
    return loaded.status();
  const frontend::core::Program &program = *(*loaded)->program;
  Expected<compiler::Drawing> drawing =
      ops ? compiler::drawOps(program, (*loaded)->sources, options.after.empty() ? "mlc" : options.after)
          : compiler::drawInstances(program, (*loaded)->sources);
  if (!drawing)
    return drawing.status();
  compiler::Drawing folded = options.depth ? compiler::folded(std::move(*drawing), *options.depth)
                                           : compiler::foldedToPage(*drawing);
  return writeResult(options, (*loaded)->files, compiler::svg(folded));
}

} // namespace mlc::tool
