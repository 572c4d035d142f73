// Graphs of the core program as ops: a node becomes "mlc." + its name with its attributes; the dialect's
// verifier checks what Check promised. So an op needs no line here.
#ifndef MLC_FRONTEND_EMIT_EMITGRAPH_H
#define MLC_FRONTEND_EMIT_EMITGRAPH_H

#include "frontend/check/Program.h"

#include "mlir/IR/Builders.h"
#include "mlir/IR/BuiltinTypes.h"

namespace mlc::frontend {

class SourceManager;

class GraphEmitter {
public:
  /// Ops go where `builder` stands; batches have `rows` rows.
  GraphEmitter(mlir::OpBuilder &builder, int64_t rows, const SourceManager &sources)
      : builder(builder), rows(rows), sources(sources) {}

  mlir::RankedTensorType tensorType(const core::TensorType &type);
  /// The graph's ops. `bound` holds a value for each of the graph's inputs and gets those of its nodes; what
  /// nodes of a `remat` read and make passes through barriers.
  void emit(const core::Graph &graph, std::vector<mlir::Value> &bound);
  /// What is emitted from now on is called from there, and from elsewhere: its locations end where it begins.
  void setCalledFrom(llvm::ArrayRef<Span> places) { calledFrom = places; }
  std::vector<mlir::Value> outputs(const core::Graph &graph, const std::vector<mlir::Value> &bound);
  std::vector<mlir::Type> outputTypes(const core::Graph &graph);

private:
  mlir::Type elementType(core::DType dtype);
  mlir::Location location(Span span);
  mlir::Location location(const core::Origin &origin);
  mlir::Value barrier(mlir::Value value, mlir::StringRef edge, int region);
  mlir::Attribute attribute(const core::Node &node, mlir::StringRef name, const core::AttrValue &value);

  mlir::OpBuilder &builder;
  int64_t rows;
  const SourceManager &sources;
  llvm::ArrayRef<Span> calledFrom;
};

} // namespace mlc::frontend

#endif
