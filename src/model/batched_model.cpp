#include <shockstep/batched_model.hpp>

#include <shockstep/error.hpp>

#include "core/row_shape.hpp"

#include <ATen/ops/empty.h>
#include <c10/util/Exception.h>

#include <algorithm>
#include <chrono>
#include <exception>
#include <new>
#include <string>
#include <string_view>

namespace shockstep {
namespace {

/// Of whatever allocator; TorchScript passes on the sentence alone.
bool out_of_memory(const std::exception& error) {
  const std::string_view text = error.what();
  return dynamic_cast<const std::bad_alloc*>(&error) || dynamic_cast<const c10::OutOfMemoryError*>(&error) ||
         text.find("out of memory") != text.npos || text.find("can't allocate memory") != text.npos;
}

std::string first_line(const std::exception& error) {
  const auto* c10_error = dynamic_cast<const c10::Error*>(&error);
  const std::string text = c10_error ? c10_error->what_without_backtrace() : error.what();
  return text.substr(0, text.find('\n'));
}

}  // namespace

BatchedModel::BatchedModel(const ScoreModel& model, int rows)
    : model_(model),
      exact_(model.exact()),
      rows_(rows),
      call_rows_(rows),
      d_(static_cast<std::size_t>(model.dimension())),
      answers_(static_cast<std::size_t>(rows), nullptr) {
  points_ = at::empty(row_shape(rows, model.shape()), at::kDouble);
  sigmas_ = at::empty({rows}, at::kDouble);
  indices_ = at::empty({rows}, at::kLong);
  point_data_ = points_.mutable_data_ptr<double>();
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
    const double* D = parts_.emplace_back(call(from, std::min(each, n - from))).const_data_ptr<double>();
    const std::size_t end = std::min(begin + each, n);
    for (std::size_t j = begin; j < end; ++j) answers_[j] = D + (j - from) * d_;
    cost_.model_rows += static_cast<std::int64_t>(end - begin);
  }
}

void BatchedModel::alone(std::size_t n) {
  const at::Tensor points = points_.clone(), sigmas = sigmas_.clone(), indices = indices_.clone();
  alone_.resize(n * d_);
  for (std::size_t j = 0; j < n; ++j) {
    std::copy_n(points.const_data_ptr<double>() + j * d_, d_, point(0).begin());
    sigma(0) = sigmas.const_data_ptr<double>()[j];
    trajectory(0) = indices.const_data_ptr<std::int64_t>()[j];
    pad(1);
    answers_[j] = nullptr;
    try {
      const at::Tensor D = call(0, 1);
      ++cost_.model_rows;
      std::copy_n(D.const_data_ptr<double>(), d_, alone_.data() + j * d_);
      answers_[j] = alone_.data() + j * d_;
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
  if (exact_) return;
  for (std::size_t j = n; j < capacity(); ++j) {
    std::copy_n(point(0).begin(), d_, point(j).begin());
    sigma(j) = sigma(0);
    trajectory(j) = trajectory(0);
  }
}

/// D of n rows, and for a network of those that fill the call.
at::Tensor BatchedModel::call(std::size_t from, std::size_t n) {
  const auto first = static_cast<std::int64_t>(from);
  const std::int64_t rows = exact_ ? static_cast<std::int64_t>(n) : call_rows_;
  ++cost_.model_calls;
  cost_.model_capacity += call_rows_;
  const at::Tensor x = points_.narrow(0, first, rows);
  at::Tensor D = model_.denoise_rows(x, sigmas_.narrow(0, first, rows), indices_.narrow(0, first, rows));
  if (!D.defined() || D.sizes() != x.sizes() || D.scalar_type() != at::kDouble || !D.device().is_cpu())
    throw ModelError(
        "the model must return a float64 tensor on the CPU of the shape of its input" +
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
