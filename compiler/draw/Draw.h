// Programs as drawings.
#pragma once

#include "compiler/draw/Drawing.h"
#include "frontend/check/Program.h"
#include "frontend/syntax/Source.h"
#include "runtime/Status.h"

#include <string>

namespace mlc::compiler {

/// From the fields to the loss of each objective, as in training: a box for each innermost instance, with its
/// shape and the number of its parameters, and for each call and operator of the program outside of those.
Drawing drawInstances(const frontend::core::Program &program, const frontend::SourceManager &sources);

/// Each op of the functions that are differentiated, one for each objective (`phase` "mlc"), or of the
/// training step with its derivative ("grad"), for batches of the program's settings. Parameters are not
/// drawn, nor what is made of them alone.
Expected<Drawing> drawOps(const frontend::core::Program &program, const frontend::SourceManager &sources,
                          const std::string &phase);

} // namespace mlc::compiler
