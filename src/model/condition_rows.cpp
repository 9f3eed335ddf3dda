#include "model/condition_rows.hpp"

#include "core/shape_text.hpp"
#include "core/text.hpp"

#include <shockstep/error.hpp>

#include <ATen/TensorOperators.h>
#include <ATen/core/Tensor.h>
#include <ATen/ops/full_like.h>
#include <ATen/ops/isfinite.h>
#include <ATen/ops/tensor.h>

#include <algorithm>
#include <string>

namespace shockstep {
namespace {

std::string key_of(const std::string& section, const Condition& condition) {
  return section + "." + printable(condition.name, 100);
}

std::string names_of(const std::vector<Condition>& conditions) {
  std::string out;
  for (const Condition& condition : conditions) out += (out.empty() ? "" : ", ") + printable(condition.name, 100);
  return out.empty() ? "none" : out;
}

const Condition* find(const std::vector<Condition>& conditions, const std::string& name) {
  const auto found = std::ranges::find(conditions, name, &Condition::name);
  return found == conditions.end() ? nullptr : &*found;
}

void check_numbers(const std::string& key, const at::Tensor& rows) {
  if (!rows.defined() || rows.is_complex()) throw ConfigError(key, "must be real numbers");
  if (rows.is_floating_point() && !at::isfinite(rows).all().item<bool>()) throw ConfigError(key, "must be finite");
}

/// As many as any of the others that has more than one.
void check_count(const std::string& key, std::int64_t n, std::int64_t& count) {
  if (n > 1 && count > 1 && n != count)
    throw ConfigError(key, "has " + std::to_string(n) + " rows, and another condition or label has " +
                               std::to_string(count) + "; give each one for every trajectory, or one row for all");
  count = std::max(count, n);
}

/// [n, *row] of a null given as that, as a row, or as a number for all of a row.
at::Tensor null_rows(const at::Tensor& given, const at::Tensor& condition, const std::string& key) {
  const at::IntArrayRef row = condition.sizes().slice(1);
  if (given.dim() == 0) return at::full_like(condition.narrow(0, 0, 1), given.item<double>());
  if (given.sizes() == row) return given.unsqueeze(0);
  if (given.dim() == condition.dim() && given.sizes().slice(1) == row && given.size(0) > 0) return given;
  throw ConfigError(key, "has shape " + shape_text(given.sizes()) + ", expected a number, a row of shape " +
                             shape_text(row) + ", or one such row for each trajectory");
}

/// `trajectory`: where the rows are.
at::Tensor rows_of(const at::Tensor& all, const at::Tensor& trajectory) {
  return all.index_select(0, trajectory.remainder(all.size(0)));
}

}  // namespace

void check_conditions_of(const NetworkOptions& options) {
  auto count = static_cast<std::int64_t>(options.labels.size());
  for (const Condition& condition : options.conditions) {
    const std::string key = key_of("model.condition", condition);
    if (condition.name.empty()) throw ConfigError("model.condition", "has a condition without a name");
    if (find(options.conditions, condition.name) != &condition) throw ConfigError(key, "is given twice");
    check_numbers(key, condition.rows);
    if (condition.rows.dim() == 0 || condition.rows.size(0) == 0)
      throw ConfigError(
          key, "must have a row for each trajectory, or one for all, got shape " + shape_text(condition.rows.sizes()));
    check_count(key, condition.rows.size(0), count);
  }
  if (!options.guidance) return;
  for (const Condition& null : options.guidance->null_conditions) {
    const std::string key = key_of("model.guidance.null_condition", null);
    const Condition* condition = find(options.conditions, null.name);
    if (!condition) throw ConfigError(key, "is no condition; known: " + names_of(options.conditions));
    check_numbers(key, null.rows);
    check_count(key, null_rows(null.rows, condition->rows, key).size(0), count);
  }
}

ConditionRows::ConditionRows(const NetworkOptions& options, c10::Device device, at::ScalarType type)
    : labels_(options.labels) {
  const auto there = [&](const at::Tensor& rows) {
    return rows.to(device, rows.is_floating_point() ? type : rows.scalar_type());
  };
  auto n = static_cast<std::int64_t>(labels_.size());
  if (n > 0) labels_there_ = there(at::tensor(labels_, at::kLong));
  if (options.guidance) null_label_ = options.guidance->null_label;
  for (const Condition& condition : options.conditions) {
    conditions_.push_back(there(condition.rows));
    const Condition* null = options.guidance ? find(options.guidance->null_conditions, condition.name) : nullptr;
    null_.push_back(null ? there(null_rows(null->rows, condition.rows, null->name).to(condition.rows.options()))
                         : at::Tensor());
    n = std::max({n, condition.rows.size(0), null ? null_.back().size(0) : 0});
  }
  count_ = n > 1 ? n : 0;
}

at::Tensor ConditionRows::crossed(const at::Tensor& trajectory) const {
  if (labels_.empty() && conditions_.empty()) return trajectory;
  return trajectory.to(labels_.empty() ? conditions_.front().device() : labels_there_.device());
}

std::vector<at::Tensor> ConditionRows::of(const at::Tensor& trajectory) const {
  std::vector<at::Tensor> out;
  const at::Tensor which = crossed(trajectory);
  if (!labels_.empty()) out.push_back(rows_of(labels_there_, which));
  for (const at::Tensor& all : conditions_) out.push_back(rows_of(all, which));
  return out;
}

std::vector<at::Tensor> ConditionRows::null_of(const at::Tensor& trajectory,
                                               const std::vector<at::Tensor>& with) const {
  std::vector<at::Tensor> out = with;
  const std::size_t first = labels_.empty() ? 0 : 1;
  if (first == 1) out[0] = at::full_like(with[0], null_label_);
  at::Tensor which;  // most nulls are one row for all, which need no numbers
  for (std::size_t k = 0; k < null_.size(); ++k) {
    if (!null_[k].defined()) continue;
    if (null_[k].size(0) == 1) {
      out[first + k] = null_[k].expand_as(with[first + k]).clone();
    } else {
      if (!which.defined()) which = crossed(trajectory);
      out[first + k] = rows_of(null_[k], which);
    }
  }
  return out;
}

at::Tensor ConditionRows::probed() const {
  std::int64_t first = 0, last = std::max<std::int64_t>(count_, 1) - 1;
  if (!labels_.empty()) {
    const auto [least, most] = std::ranges::minmax_element(labels_);
    first = least - labels_.begin(), last = most - labels_.begin();
  }
  return at::tensor({first, first, last}, at::kLong);
}

}  // namespace shockstep
