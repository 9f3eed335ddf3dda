#include <shockstep/batched_model.hpp>

#include <shockstep/error.hpp>

#include "core/row_shape.hpp"
#include "model/device_error.hpp"
#include "model/on_device.hpp"

#include <ATen/ops/copy.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/empty_like.h>

#include <algorithm>
#include <chrono>
#include <exception>
#include <string>

namespace shockstep {
namespace {

std::string device_of(const ScoreModel& model) {
  const auto device = own_device(model);
  return device ? device->str() : "the device of the model";
}

}  // namespace

BatchedModel::BatchedModel(const ScoreModel& model, int rows)
    : BatchedModel(model, rows, at::empty(row_shape(rows, model.shape()), at::kDouble)) {
  there_ = false;
  point_data_ = points_.mutable_data_ptr<double>();
}

BatchedModel::BatchedModel(const ScoreModel& model, int rows, const at::Tensor& points)
    : model_(model),
      exact_(model.exact()),
      there_(true),
      rows_(rows),
      call_rows_(rows),
      d_(static_cast<std::size_t>(model.dimension())),
      points_(points),
      answers_(static_cast<std::size_t>(rows), nullptr),
      answered_(static_cast<std::size_t>(rows), 0) {
  sigmas_ = at::empty({rows}, at::kDouble);
  indices_ = at::empty({rows}, at::kLong);
  sigma_data_ = sigmas_.mutable_data_ptr<double>();
  index_data_ = indices_.mutable_data_ptr<std::int64_t>();
}

void BatchedModel::evaluate(std::size_t n) {
  const auto begin = std::chrono::steady_clock::now();
  for (bool done = false; !done;) {
    try {
      together(n);
      done = true;
    } catch (const ModelError&) {
      throw;
    } catch (const Cancelled&) {
      throw;
    } catch (const std::exception& error) {
      if (out_of_memory(error)) {
        halve();
        continue;
      }
      if (device_lost(error)) throw ModelError(lost_sentence("run.device", device_of(model_), error));
      if (cost_.first_failure.empty()) cost_.first_failure = first_line(error);
      alone(n);
      done = true;
    }
  }
  cost_.model_seconds += std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
}

at::Tensor BatchedModel::denoise(const at::Tensor& x, double at_sigma, const at::Tensor& trajectories) {
  const at::Tensor points = x.contiguous(), numbers = trajectories.contiguous(), D = at::empty(x.sizes(), at::kDouble);
  const auto n = static_cast<std::size_t>(x.size(0));
  for (std::size_t begin = 0; begin < n; begin += capacity()) {
    const std::size_t rows = std::min(capacity(), n - begin);
    std::copy_n(points.const_data_ptr<double>() + begin * d_, rows * d_, point_data_);
    for (std::size_t j = 0; j < rows; ++j) {
      sigma(j) = at_sigma;
      trajectory(j) = numbers.const_data_ptr<std::int64_t>()[begin + j];
    }
    evaluate(rows);
    for (std::size_t j = 0; j < rows; ++j) {
      if (!answer(j)) throw ModelError("the model failed: " + cost_.first_failure);
      std::copy_n(answer(j), d_, D.mutable_data_ptr<double>() + (begin + j) * d_);
    }
  }
  return D;
}

void BatchedModel::together(std::size_t n) {
  pad(n);
  parts_.clear();
  const auto each = static_cast<std::size_t>(call_rows_);
  for (std::size_t begin = 0; begin < n; begin += each) {
    // A network's last call begins earlier and repeats rows, so that it has as many as the others.
    const std::size_t from = exact_ ? begin : std::min(begin, capacity() - each);
    const at::Tensor D = call(from, std::min(each, n - from));
    const std::size_t end = std::min(begin + each, n);
    if (there_)
      keep(D, from, begin, end);
    else
      keep_pointers(parts_.emplace_back(D), from, begin, end);
    cost_.model_rows += static_cast<std::int64_t>(end - begin);
  }
}

void BatchedModel::keep_pointers(const at::Tensor& D, std::size_t from, std::size_t begin, std::size_t end) {
  const double* row = D.const_data_ptr<double>() + (begin - from) * d_;
  for (std::size_t j = begin; j < end; ++j, row += d_) answers_[j] = row;
}

/// D of rows begin to end - 1, as rows from begin - from on. A call of the whole batch is its answer; of several, each is copied
/// before the next, which may overwrite it.
void BatchedModel::keep(const at::Tensor& D, std::size_t from, std::size_t begin, std::size_t end) {
  const auto row = static_cast<std::int64_t>(begin), n = static_cast<std::int64_t>(end - begin);
  if (begin == 0 && D.size(0) == points_.size(0)) {
    denoised_ = D;
  } else {
    if (begin == 0) denoised_ = at::empty_like(points_);
    denoised_.narrow(0, row, n).copy_(D.narrow(0, static_cast<std::int64_t>(begin - from), n));
  }
  std::fill(answered_.begin() + row, answered_.begin() + row + n, 1);
}

void BatchedModel::alone(std::size_t n) {
  const at::Tensor points = points_.clone(), sigmas = sigmas_.clone(), indices = indices_.clone();
  denoised_ = at::empty_like(points_);
  for (std::size_t j = 0; j < n; ++j) {
    const auto row = static_cast<std::int64_t>(j);
    points_.select(0, 0).copy_(points.select(0, row));
    sigma(0) = sigmas.const_data_ptr<double>()[j];
    trajectory(0) = indices.const_data_ptr<std::int64_t>()[j];
    pad(1);
    answers_[j] = nullptr, answered_[j] = 0;
    try {
      const at::Tensor D = call(0, 1);
      ++cost_.model_rows;
      denoised_.select(0, row).copy_(D.select(0, 0));
      if (there_)
        answered_[j] = 1;
      else
        answers_[j] = denoised_.const_data_ptr<double>() + j * d_;
    } catch (const ModelError&) {
      throw;
    } catch (const Cancelled&) {
      throw;
    } catch (const std::exception&) {  // this row fails; its reason is that of the batch
    }
  }
  points_.copy_(points);
  sigmas_.copy_(sigmas);
  indices_.copy_(indices);
}

void BatchedModel::pad(std::size_t n) {
  if (exact_ || n == capacity()) return;
  const auto first = static_cast<std::int64_t>(n), more = static_cast<std::int64_t>(capacity()) - first;
  points_.narrow(0, first, more).copy_(points_.narrow(0, 0, 1));
  for (std::size_t j = n; j < capacity(); ++j) sigma(j) = sigma(0), trajectory(j) = trajectory(0);
}

/// D of n rows, and for a network of those that fill the call.
at::Tensor BatchedModel::call(std::size_t from, std::size_t n) {
  const auto first = static_cast<std::int64_t>(from);
  const std::int64_t rows = exact_ ? static_cast<std::int64_t>(n) : call_rows_;
  ++cost_.model_calls;
  cost_.model_capacity += call_rows_;
  const at::Tensor x = points_.narrow(0, first, rows);
  at::Tensor D = model_.denoise_rows(x, sigmas_.narrow(0, first, rows), indices_.narrow(0, first, rows));
  if (!D.defined() || D.sizes() != x.sizes() || D.scalar_type() != x.scalar_type() || D.device() != x.device())
    throw ModelError(
        "the model must return a " + std::string(x.scalar_type() == at::kDouble ? "float64" : "float32") +
        " tensor on " + (x.is_cpu() ? "the CPU" : x.device().str()) + " of the shape of its input" +
        (D.defined() ? ", got " + D.toString() + " of " + std::to_string(D.numel()) + " values" : std::string()));
  return D.contiguous();
}

void BatchedModel::halve() {
  if (call_rows_ == 1)
    throw ModelError("out of memory with a single row in a model call; the model needs more than this machine has");
  call_rows_ = (call_rows_ + 1) / 2;
  cost_.reduced_batch = call_rows_;
}

}  // namespace shockstep
