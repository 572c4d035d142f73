// What a loss is given is a tensor of floats, logits and probabilities alike, and the types say nothing of
// it. The mistake costs: the logarithm of a logit is held at -100 by `bce`, and a softmax of a softmax cannot
// come near 1. It is seen where the operand is the result of a layer's weights, or of `softmax` or `sigmoid`,
// with nothing but a change of shape between.
#include "frontend/check/LossInputs.h"

#include <algorithm>

namespace mlc::frontend {

void noteActivation(Elaborator &elaborator, const Callable &function, const Value &value) {
  if (value.kind != Value::Tensor || !elaborator.phase || value.graph != &elaborator.phase->graph)
    return;
  for (const char *name : {"sigmoid", "softmax"})
    if (function.name.text == name && elaborator.isOfPrelude(function))
      elaborator.phase->activations.emplace(value.id, name);
}

/// What gave the value, but for changes of its shape.
static ValueId throughShapes(const GraphBuilder &graph, ValueId value) {
  while (const core::Node *node = graph.producer(value)) {
    bool isShape = node->op == "reshape" || node->op == "transpose" || node->op == "broadcast" ||
                   node->op == "slice" || node->op == "convert" || node->op == "barrier";
    if (!isShape)
      break;
    value = node->operands[0];
  }
  return value;
}

static bool isParameter(const Elaborator &elaborator, ValueId value) {
  const Phase &phase = *elaborator.phase;
  ValueId from = throughShapes(phase.graph, value);
  return std::any_of(phase.read.begin(), phase.read.end(), [&](const auto &entry) {
    return entry.second == from && elaborator.states[size_t(entry.first)].role == core::StateTensor::Param;
  });
}

/// Whether a layer's weights have just been applied, with or without a bias: such numbers have no bounds.
static bool isOfWeights(const Elaborator &elaborator, ValueId value) {
  const GraphBuilder &graph = elaborator.phase->graph;
  const core::Node *node = graph.producer(value);
  if (node && node->op == "add") {
    bool isBias[] = {isParameter(elaborator, node->operands[0]), isParameter(elaborator, node->operands[1])};
    if (isBias[0] == isBias[1])
      return false;
    node = graph.producer(throughShapes(graph, node->operands[isBias[0] ? 1 : 0]));
  }
  bool isLinear = node && (node->op == "contract" || node->op == "conv" || node->op == "conv_input");
  return isLinear && std::any_of(node->operands.begin(), node->operands.end(),
                                 [&](ValueId operand) { return isParameter(elaborator, operand); });
}

namespace {
/// What a function does not take as its first operand, and what to write instead.
struct Wrong {
  const char *function, *operand; // of no name: the result of weights
  const char *takes, *help;
};
} // namespace

static const Wrong wrongs[] = {
    {"bce", "", "probabilities", "`bce_with_logits` takes it as it is, and is the more exact one"},
    {"precision", "", "probabilities", "put `sigmoid` around it, or say `threshold = 0`"},
    {"recall", "", "probabilities", "put `sigmoid` around it, or say `threshold = 0`"},
    {"f1", "", "probabilities", "put `sigmoid` around it, or say `threshold = 0`"},
    {"bce_with_logits", "sigmoid", "logits", "leave `sigmoid` out, which it takes itself, or write `bce`"},
    {"bce_with_logits", "softmax", "logits", "leave `softmax` out, or write `bce`"},
    {"cross_entropy", "softmax", "logits", "leave `softmax` out, which it takes itself"},
    {"perplexity", "softmax", "logits", "leave `softmax` out, which it takes itself"},
    {"kl", "", "logarithms of probabilities", "put `log_softmax` around it"},
    {"kl", "softmax", "logarithms of probabilities", "write `log_softmax` for `softmax`"},
};

void warnOfInput(Elaborator &elaborator, const Callable &function, Env &callee, const CallSite &site,
                 const Arguments &arguments) {
  const Phase *phase = elaborator.phase;
  const std::string &name = function.name.text;
  // What other functions of the prelude give to one of these is right.
  bool isOwn = elaborator.diagnostics.sources().get(site.calleeSpan.source).origin() == SourceOrigin::User;
  if (!phase || phase->kind != Phase::Forward || !isOwn || function.operands.empty() ||
      std::none_of(std::begin(wrongs), std::end(wrongs),
                   [&](const Wrong &w) { return name == w.function; }) ||
      !elaborator.isOfPrelude(function))
    return;
  auto operand = callee.scope->names.find(function.operands[0].name.text);
  if (operand == callee.scope->names.end())
    return;
  const Value &value = operand->second.value;
  bool hasThreshold = std::any_of(arguments.named.begin(), arguments.named.end(),
                                  [](const auto &named) { return named.first.text == "threshold"; });
  if (value.kind != Value::Tensor || value.graph != &phase->graph || hasThreshold)
    return;
  // An activation may end in a change of shape itself.
  auto activation = phase->activations.find(value.id);
  ValueId from = throughShapes(phase->graph, value.id);
  if (activation == phase->activations.end())
    activation = phase->activations.find(from);
  bool isKnown = activation != phase->activations.end();
  for (const Wrong &wrong : wrongs) {
    std::string given = wrong.operand;
    bool isThis = name == wrong.function && (given.empty() ? !isKnown && isOfWeights(elaborator, from)
                                                           : isKnown && given == activation->second);
    if (!isThis)
      continue;
    DiagnosticBuilder builder = elaborator.report(
        DiagnosticCode::W0005, site.calleeSpan,
        "`" + name + "` takes " + wrong.takes + ", and `" + function.operands[0].name.text + "` is " +
            (given.empty() ? "what weights gave, of any size" : "the result of `" + given + "`"));
    elaborator.noteOrigin(builder, value, site.calleeSpan);
    builder.help(wrong.help);
    return;
  }
}

} // namespace mlc::frontend
