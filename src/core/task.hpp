/// A coroutine that others wait for, and the memory of its frames.
#pragma once

#include <array>
#include <cassert>
#include <coroutine>
#include <cstddef>
#include <exception>
#include <new>
#include <utility>
#include <vector>

namespace shockstep {

/// Memory of coroutine frames. A frame that ended is the next to be used again, by whatever trajectory: most end before they
/// have to wait, and the memory is still in the cache.
class FramePool {
 public:
  static void* allocate(std::size_t size) {
    auto& free = of(size);
    if (free.empty()) return ::operator new(rounded(size));
    void* frame = free.back();
    free.pop_back();
    return frame;
  }
  static void release(void* frame, std::size_t size) { of(size).push_back(frame); }

 private:
  static constexpr std::size_t step = 64, kinds = 128;  // sizes up to 8 kB, in steps

  static std::size_t rounded(std::size_t size) { return (size + step - 1) / step * step; }
  /// Of this thread; frames may end on another than they began on.
  static std::vector<void*>& of(std::size_t size) {
    struct Free {
      std::array<std::vector<void*>, kinds + 1> by_size;
      ~Free() {
        for (auto& frames : by_size)
          for (void* frame : frames) ::operator delete(frame);
      }
    };
    thread_local Free free;
    return free.by_size.at(rounded(size) / step);
  }
};

template <class T>
class Task;

namespace task {

/// What promises of all results have in common.
struct PromiseBase {
  std::coroutine_handle<> caller;
  std::exception_ptr error;

  static void* operator new(std::size_t size) { return FramePool::allocate(size); }
  static void operator delete(void* frame, std::size_t size) { FramePool::release(frame, size); }

  struct BackToCaller {
    bool await_ready() const noexcept { return false; }
    template <class Promise>
    std::coroutine_handle<> await_suspend(std::coroutine_handle<Promise> done) const noexcept {
      const std::coroutine_handle<> next = done.promise().caller;
      return next ? next : std::noop_coroutine();
    }
    void await_resume() const noexcept {}
  };
  std::suspend_always initial_suspend() const noexcept { return {}; }
  BackToCaller final_suspend() const noexcept { return {}; }
  void unhandled_exception() { error = std::current_exception(); }
  void rethrow() const {
    if (error) std::rethrow_exception(error);
  }
};

template <class T>
struct Promise : PromiseBase {
  T value{};
  Task<T> get_return_object();
  void return_value(T result) { value = result; }
  T result() {
    rethrow();
    return value;
  }
};

template <>
struct Promise<void> : PromiseBase {
  Task<void> get_return_object();
  void return_void() const {}
  void result() const { rethrow(); }
};

}  // namespace task

/// A function that waits: it begins when it is awaited, or by handle().resume(), and its caller goes on when it is done.
template <class T = void>
class [[nodiscard]] Task {
 public:
  using promise_type = task::Promise<T>;

  Task() = default;
  explicit Task(std::coroutine_handle<promise_type> coroutine) : coroutine_(coroutine) {}
  Task(Task&& other) noexcept : coroutine_(std::exchange(other.coroutine_, {})) {}
  Task& operator=(Task&& other) noexcept {
    std::swap(coroutine_, other.coroutine_);
    return *this;
  }
  ~Task() {
    if (coroutine_) coroutine_.destroy();
  }

  std::coroutine_handle<promise_type> handle() const { return coroutine_; }
  bool done() const { return coroutine_.done(); }
  /// For those that know that nothing in it has to be waited for.
  T now() {
    coroutine_.resume();
    assert(done());
    return coroutine_.promise().result();
  }

  bool await_ready() const noexcept { return false; }
  std::coroutine_handle<> await_suspend(std::coroutine_handle<> caller) noexcept {
    coroutine_.promise().caller = caller;
    return coroutine_;
  }
  T await_resume() { return coroutine_.promise().result(); }

 private:
  std::coroutine_handle<promise_type> coroutine_;
};

template <class T>
Task<T> task::Promise<T>::get_return_object() {
  return Task<T>(std::coroutine_handle<Promise>::from_promise(*this));
}
inline Task<void> task::Promise<void>::get_return_object() {
  return Task<void>(std::coroutine_handle<Promise>::from_promise(*this));
}

}  // namespace shockstep
