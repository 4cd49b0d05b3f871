// A loop and the handles that are not connections: timers, signals, idle work, wake-ups, slow work.
//
// Threads: a loop and everything on it belong to the thread that runs it; Waker::Wake is
// thread-safe. Owner:   handles are members of whoever uses them, are closed by Close() and may be
// destroyed once
//          the loop has run after that; a Loop may be destroyed when nothing is left on it.
#pragma once

#include <uv.h>

#include <cstdint>
#include <functional>

namespace introspectd::net {

class Loop {
 public:
  Loop();
  ~Loop();  // aborts when a handle was not closed
  Loop(const Loop&) = delete;
  Loop& operator=(const Loop&) = delete;

  // Until every handle is closed.
  void Run();
  // Handles what is ready; `wait`: once there is something.
  void Turn(bool wait);
  uv_loop_t* raw() { return &loop_; }

 private:
  uv_loop_t loop_;
};

class Timer {
 public:
  Timer(Loop& loop, std::function<void()> action);
  ~Timer();
  void Start(std::uint64_t after_ms, std::uint64_t every_ms);  // every_ms 0: once
  void Stop();
  void Close();

 private:
  void OnTimer();
  uv_timer_t handle_;
  std::function<void()> action_;
};

// Calls its action in every turn of the loop while it is started; the loop then does not sleep.
// Once closed it cannot be started any more.
class IdleWork {
 public:
  IdleWork(Loop& loop, std::function<void()> action);
  ~IdleWork();
  void Start();
  void Stop();
  void Close();

 private:
  void OnIdle();
  uv_idle_t handle_;
  std::function<void()> action_;
};

// Calls its action in every turn of the loop, after what the poll brought was handled.
class AfterPoll {
 public:
  AfterPoll(Loop& loop, std::function<void()> action);
  ~AfterPoll();
  void Close();

 private:
  void OnCheck();
  uv_check_t handle_;
  std::function<void()> action_;
};

class Signal {
 public:
  Signal(Loop& loop, int number, std::function<void()> action);
  ~Signal();
  void Close();

 private:
  void OnSignal(int number);
  uv_signal_t handle_;
  std::function<void()> action_;
};

class Waker {
 public:
  Waker(Loop& loop, std::function<void()> action);
  ~Waker();
  void Wake();  // thread-safe; several wakes may become one call of the action
  void Close();

 private:
  void OnWake();
  uv_async_t handle_;
  std::function<void()> action_;
};

// Sets how many threads there are for slow work, in the whole process; before the first RunSlowly.
void SetSlowThreads(std::uint32_t count);

// Runs `work` on a thread for slow work and then `done` on the loop, which does not end before.
void RunSlowly(Loop& loop, std::function<void()> work, std::function<void()> done);

// Pins the calling thread. False when the machine has no such processor.
bool PinThread(std::uint32_t cpu);
std::uint32_t UsableProcessors();

// What the system, or the limit of its cgroup, lets this process have.
std::uint64_t UsableMemoryBytes();

}  // namespace introspectd::net
