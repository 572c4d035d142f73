// Items and the clauses of train blocks as text.
#include "frontend/syntax/AstPrinterCore.h"

using namespace mlc::frontend;

void AstPrinter::measure(std::string_view word, const std::optional<Ident> &label, const Expr &value,
                         const ExprPtr &weight) {
  write(word);
  if (label)
    write(label->text + " = ");
  expr(value);
  if (weight) {
    write(" weight ");
    expr(*weight);
  }
}

void AstPrinter::clause(const Clause &node) {
  switch (node.kind) {
  case ClauseKind::Let:
    binding(cast<LetClause>(node).binding);
    return;
  case ClauseKind::Fn:
    callable(*cast<FnClause>(node).function);
    return;
  case ClauseKind::Predict: {
    const auto &predict = cast<PredictClause>(node);
    measure("predict ", predict.name, *predict.value, nullptr);
    if (!predict.given.empty()) {
      write(" given ");
      names(predict.given);
    }
    return;
  }
  case ClauseKind::Loss: {
    const auto &loss = cast<LossClause>(node);
    measure("loss ", loss.name, *loss.value, loss.weight);
    return;
  }
  case ClauseKind::Metric: {
    const auto &metric = cast<MetricClause>(node);
    measure("metric ", metric.name, *metric.value, metric.weight);
    return;
  }
  case ClauseKind::Optimizer:
    write("optimizer ");
    call(cast<OptimizerClause>(node).call);
    return;
  case ClauseKind::Group:
    write("group ");
    strings(cast<GroupClause>(node).patterns);
    write(" ");
    args(cast<GroupClause>(node).args);
    return;
  case ClauseKind::Update:
    write("update ");
    strings(cast<UpdateClause>(node).patterns);
    return;
  case ClauseKind::Freeze:
    write("freeze ");
    strings(cast<FreezeClause>(node).patterns);
    return;
  case ClauseKind::From: {
    const auto &from = cast<FromClause>(node);
    write("from ");
    string(from.file);
    if (!from.only.empty()) {
      write(" only ");
      strings(from.only);
    }
    if (from.renames.empty())
      return;
    write(" ");
    braced(from.renames, [&](const Rename &rename) {
      string(rename.theirs);
      write(" -> ");
      string(rename.ours);
      if (rename.layout) {
        write(" as ");
        string(*rename.layout);
      }
    });
    return;
  }
  case ClauseKind::Objective:
    write("objective " + cast<ObjectiveClause>(node).name.text + " ");
    braced(cast<ObjectiveClause>(node).clauses, [&](const ClausePtr &inner) { clause(*inner); });
    return;
  case ClauseKind::Track: {
    const auto &track = cast<TrackClause>(node);
    write("track " + track.follower.text + " from " + track.leader.text + " ");
    args(track.args);
    return;
  }
  case ClauseKind::Best:
    write(cast<BestClause>(node).isMax ? "best max " : "best min ");
    name(cast<BestClause>(node).figure);
    return;
  case ClauseKind::Setting:
    write(spelling(cast<SettingClause>(node).setting));
    write(" ");
    expr(*cast<SettingClause>(node).value);
    return;
  }
}

void AstPrinter::fieldType(const Field &field) {
  if (field.type)
    return type(*field.type);
  write(spelling(field.coding));
  if (!field.categories && field.parts.empty())
    return;
  write("(");
  if (field.categories)
    expr(*field.categories);
  else
    names(field.parts);
  write(")");
  if (field.words) {
    write("[");
    expr(*field.words);
    write("]");
  }
}

void AstPrinter::datum(const DataItem &data) {
  write("data " + data.name.text + " {");
  ++level;
  for (const Reader &reader : data.readers) {
    line();
    write(spelling(reader.split));
    write(" ");
    expr(*reader.reader);
  }
  if (data.missing) {
    line();
    write("missing ");
    strings(data.missing->texts);
  }
  for (const Field &field : data.fields) {
    line();
    write(field.name.text + ": ");
    fieldType(field);
    write(field.mayMiss ? "?" : "");
    if (!field.columns.empty()) {
      write(" = ");
      strings(field.columns);
    }
  }
  --level;
  line();
  write("}");
}

void AstPrinter::item(const Item &node) {
  switch (node.kind) {
  case ItemKind::Import:
    write("import ");
    string(cast<ImportItem>(node).path);
    return;
  case ItemKind::Let:
    binding(cast<LetItem>(node).binding);
    return;
  case ItemKind::Data:
    datum(cast<DataItem>(node));
    return;
  case ItemKind::Callable:
    callable(*cast<CallableItem>(node).callable);
    return;
  case ItemKind::Derivative: {
    const auto &derivative = cast<DerivativeItem>(node);
    write("derivative " + derivative.function.text + "(");
    names(derivative.operands);
    write(") by " + derivative.cotangent.text + " {");
    ++level;
    std::size_t bound = 0;
    for (std::size_t i = 0; i <= derivative.parts.size(); ++i) {
      std::size_t before =
          i < derivative.parts.size() ? derivative.bindingsBefore[i] : derivative.bindings.size();
      for (; bound < before; ++bound) {
        line();
        binding(derivative.bindings[bound]);
      }
      if (i == derivative.parts.size())
        break;
      line();
      write(derivative.parts[i].name.text + " = ");
      expr(*derivative.parts[i].value);
    }
    --level;
    line();
    write("}");
    return;
  }
  case ItemKind::Train: {
    const auto &train = cast<TrainItem>(node);
    write("train " + train.name.text + (train.data ? " on " + train.data->text : "") + " ");
    braced(train.clauses, [&](const ClausePtr &inner) { clause(*inner); });
    return;
  }
  }
}
