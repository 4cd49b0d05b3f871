#include "net/loop.h"

#include <pthread.h>
#include <sched.h>

#include <algorithm>
#include <cstdio>
#include <memory>
#include <string>
#include <utility>

#include "base/check.h"
#include "net/thunk.h"

namespace introspectd::net {

namespace {

template <class Handle>
uv_handle_t* Raw(Handle& handle) {
  return reinterpret_cast<uv_handle_t*>(&handle);
}

template <class Handle>
void CloseOnce(Handle& handle) {
  if (!uv_is_closing(Raw(handle))) uv_close(Raw(handle), nullptr);
}

// libuv keeps closing handles until the loop has turned once more; after that they may go.
template <class Handle>
void CheckClosed(Handle& handle) {
  CHECK(uv_is_closing(Raw(handle)));
}

struct SlowTask {
  uv_work_t request;
  std::function<void()> work;
  std::function<void()> done;

  static void Work(uv_work_t* request) noexcept { static_cast<SlowTask*>(request->data)->work(); }
  static void Done(uv_work_t* request, int /*status*/) noexcept {
    const std::unique_ptr<SlowTask> task(static_cast<SlowTask*>(request->data));
    task->done();
  }
};

}  // namespace

Loop::Loop() { CHECK(uv_loop_init(&loop_) == 0); }

Loop::~Loop() {
  if (uv_loop_close(&loop_) == 0) return;
  uv_print_all_handles(&loop_, stderr);
  CHECK(false && "a handle was left open");
}

void Loop::Run() { uv_run(&loop_, UV_RUN_DEFAULT); }

void Loop::Turn(bool wait) { uv_run(&loop_, wait ? UV_RUN_ONCE : UV_RUN_NOWAIT); }

Timer::Timer(Loop& loop, std::function<void()> action) : action_(std::move(action)) {
  CHECK(uv_timer_init(loop.raw(), &handle_) == 0);
  handle_.data = this;
}
Timer::~Timer() { CheckClosed(handle_); }
void Timer::Start(std::uint64_t after_ms, std::uint64_t every_ms) {
  CHECK(uv_timer_start(&handle_, Thunk<&Timer::OnTimer>::Call, after_ms, every_ms) == 0);
}
void Timer::Stop() { uv_timer_stop(&handle_); }
void Timer::Close() { CloseOnce(handle_); }
void Timer::OnTimer() { action_(); }

IdleWork::IdleWork(Loop& loop, std::function<void()> action) : action_(std::move(action)) {
  CHECK(uv_idle_init(loop.raw(), &handle_) == 0);
  handle_.data = this;
}
IdleWork::~IdleWork() { CheckClosed(handle_); }
void IdleWork::Start() {
  if (uv_is_closing(Raw(handle_))) return;  // or the loop would never end
  CHECK(uv_idle_start(&handle_, Thunk<&IdleWork::OnIdle>::Call) == 0);
}
void IdleWork::Stop() { uv_idle_stop(&handle_); }
void IdleWork::Close() { CloseOnce(handle_); }
void IdleWork::OnIdle() { action_(); }

AfterPoll::AfterPoll(Loop& loop, std::function<void()> action) : action_(std::move(action)) {
  CHECK(uv_check_init(loop.raw(), &handle_) == 0);
  handle_.data = this;
  CHECK(uv_check_start(&handle_, Thunk<&AfterPoll::OnCheck>::Call) == 0);
}
AfterPoll::~AfterPoll() { CheckClosed(handle_); }
void AfterPoll::Close() { CloseOnce(handle_); }
void AfterPoll::OnCheck() { action_(); }

Signal::Signal(Loop& loop, int number, std::function<void()> action) : action_(std::move(action)) {
  CHECK(uv_signal_init(loop.raw(), &handle_) == 0);
  handle_.data = this;
  CHECK(uv_signal_start(&handle_, Thunk<&Signal::OnSignal>::Call, number) == 0);
}
Signal::~Signal() { CheckClosed(handle_); }
void Signal::Close() { CloseOnce(handle_); }
void Signal::OnSignal(int /*number*/) { action_(); }

Waker::Waker(Loop& loop, std::function<void()> action) : action_(std::move(action)) {
  CHECK(uv_async_init(loop.raw(), &handle_, Thunk<&Waker::OnWake>::Call) == 0);
  handle_.data = this;
}
Waker::~Waker() { CheckClosed(handle_); }
void Waker::Wake() { CHECK(uv_async_send(&handle_) == 0); }
void Waker::Close() { CloseOnce(handle_); }
void Waker::OnWake() { action_(); }

void SetSlowThreads(std::uint32_t count) {
  CHECK(uv_os_setenv("UV_THREADPOOL_SIZE", std::to_string(count).c_str()) == 0);
}

void RunSlowly(Loop& loop, std::function<void()> work, std::function<void()> done) {
  auto task = std::make_unique<SlowTask>();
  task->work = std::move(work);
  task->done = std::move(done);
  task->request.data = task.get();
  CHECK(uv_queue_work(loop.raw(), &task->request, SlowTask::Work, SlowTask::Done) == 0);
  task.release();
}

bool PinThread(std::uint32_t cpu) {
  cpu_set_t set;
  CPU_ZERO(&set);
  CPU_SET(cpu, &set);
  return pthread_setaffinity_np(pthread_self(), sizeof set, &set) == 0;
}

std::uint32_t UsableProcessors() {
  cpu_set_t set;
  CPU_ZERO(&set);
  CHECK(sched_getaffinity(0, sizeof set, &set) == 0);
  return static_cast<std::uint32_t>(CPU_COUNT(&set));
}

std::uint64_t UsableMemoryBytes() {
  const std::uint64_t system = uv_get_total_memory();
  const std::uint64_t limit = uv_get_constrained_memory();  // 0: not known
  return limit == 0 ? system : std::min(system, limit);
}

}  // namespace introspectd::net
