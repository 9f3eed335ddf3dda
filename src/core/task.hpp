/// A coroutine that others wait for, and the memory of its frames.
#pragma once

#include <coroutine>
#include <cstddef>
#include <exception>
#include <memory>
#include <utility>
#include <vector>

namespace shockstep {

/// Memory of the coroutines of one trajectory. They end in the reverse order of their beginning, so it is a stack, and after
/// the first trajectory nothing is allocated any more.
class FrameStack {
 public:
  void* allocate(std::size_t size) {
    if (used_ == blocks_.size()) blocks_.emplace_back();
    Block& block = blocks_[used_++];
    if (block.size < header + size) block = {std::make_unique<std::byte[]>(header + size), header + size};
    ::new (block.memory.get()) FrameStack*(this);
    return block.memory.get() + header;
  }
  static void release(void* frame) {
    --(*reinterpret_cast<FrameStack**>(static_cast<std::byte*>(frame) - header))->used_;
  }

 private:
  static constexpr std::size_t header = alignof(std::max_align_t);  // before a frame: whose it is
  struct Block {
    std::unique_ptr<std::byte[]> memory{};
    std::size_t size = 0;
  };
  std::vector<Block> blocks_;
  std::size_t used_ = 0;
};

template <class T>
class Task;

namespace task {

/// What promises of all results have in common. The frame lies on the stack that the first argument of the coroutine, the object
/// of a member function, has in frames().
struct PromiseBase {
  std::coroutine_handle<> caller;
  std::exception_ptr error;

  template <class Object, class... Arguments>
  static void* operator new(std::size_t size, Object& object, Arguments&...) {
    return object.frames().allocate(size);
  }
  static void operator delete(void* frame) { FrameStack::release(frame); }

  struct BackToCaller {
    bool await_ready() const noexcept { return false; }
    template <class Promise>
    std::coroutine_handle<> await_suspend(std::coroutine_handle<Promise> done) const noexcept {
      const std::coroutine_handle<> caller = done.promise().caller;
      return caller ? caller : std::noop_coroutine();
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

/// A member function that waits: it begins when it is awaited, or by handle().resume(), and its caller goes on when it is done.
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
