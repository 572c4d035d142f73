// What expressions are while a program is elaborated, and where names find them.
#pragma once

#include "frontend/check/Number.h"
#include "frontend/syntax/Ast.h"

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

namespace mlc::frontend {

class GraphBuilder;
struct Function;

struct Value {
  enum Kind {
    Error,  // was reported; swallows whatever it meets
    Absent, // not to be had here (a metric's operands after the last batch); swallows too
    Number,
    Truth, // number is 1 or 0; known, or of the run
    String,
    Tensor,
    Tuple,
    List, // [1, 2]: numbers, or lists of such; becomes a tensor where it meets one
    Function
  } kind = Error;
  frontend::Number number;
  std::string text;
  GraphBuilder *graph = nullptr; // that computes the tensor
  core::ValueId id = 0;
  std::vector<Value> elements;
  std::shared_ptr<const frontend::Function> function;

  bool isError() const { return kind == Error || kind == Absent; }

  static Value absent();
  static Value of(frontend::Number number);
  static Value truth(frontend::Number number);
  static Value truth(bool flag) { return truth(frontend::Number(flag)); }
  static Value string(std::string text);
  static Value tensor(GraphBuilder &graph, core::ValueId id);
  static Value tuple(std::vector<Value> elements);
  static Value ofFunction(frontend::Function function);
};

/// "a number", "a tensor"...
const char *describe(Value::Kind kind);

/// What a name in a scope stands for.
struct Variable {
  Value value;
  Span span;
  /// An operand or hyper-parameter: calling one adds `f_1` to the path.
  bool isParameter = false;
  /// Where `<-` writes: a layer state by path, the slot of an optimizer, a metric's state, a carry.
  enum { Plain, LayerState, Slot, MetricState, Carry } role = Plain;
  int state = -1;
  const GraphBuilder *scan = nullptr; // the body whose carry it is
};

/// Names of one body or block. Functions keep the scope they were written in alive.
struct Scope {
  std::shared_ptr<Scope> parent;
  std::map<std::string, Variable> names;
  /// Inside a model or layer: instances and params may be made.
  bool owns = false;
  /// What is called, where its operands are among the names.
  const Callable *callee = nullptr;
  /// The file, for the outermost scope of its functions.
  struct File *file = nullptr;
};

/// Where an expression is evaluated.
struct Env {
  std::shared_ptr<Scope> scope;
  std::string path; // of the instance: "lenet.conv_1"
  std::string site; // path that names fns too; keys random draws
};

struct Builtin;

/// Something that can be called.
struct Function {
  enum Kind { Declared, Pipe, BuiltIn, Instance } kind = Declared;
  const Callable *declaration = nullptr;
  const DerivativeItem *derivative = nullptr;
  const PipeExpr *pipe = nullptr;
  const Builtin *builtin = nullptr;
  std::shared_ptr<Scope> scope; // the function was written in (Declared, Pipe)
  // Instance: `layer name = f(hypers)`.
  std::shared_ptr<const Function> instanceOf;
  std::string path, site;
  bool isRemat = false;
  std::vector<std::pair<Value, Span>> positional;
  std::vector<std::pair<Ident, Value>> named;

  std::string name() const;
};

} // namespace mlc::frontend
