#include "update/parsing_crew.h"

#include <pthread.h>
#include <sys/resource.h>
#include <unistd.h>

#include <utility>

namespace introspectd::update {

namespace {

constexpr int kNice = 10;

}  // namespace

ParsingCrew::ParsingCrew(const ParserOptions& options, std::size_t threads,
                         std::function<void()> parsed)
    : options_(options), parsed_(std::move(parsed)) {
  for (std::size_t i = 0; i < threads; ++i) threads_.emplace_back([this] { Run(); });
}

void ParsingCrew::Stop() {
  {
    const std::lock_guard lock(mutex_);
    over_ = true;
  }
  changed_.notify_all();
  for (std::thread& thread : threads_) thread.join();
  threads_.clear();
}

void ParsingCrew::Submit(std::shared_ptr<LineBlock> block) {
  {
    const std::lock_guard lock(mutex_);
    waiting_.push_back(std::move(block));
  }
  changed_.notify_one();
}

void ParsingCrew::Run() {
  pthread_setname_np(pthread_self(), "parser");
  // Of this thread alone, on Linux. Without it, parsing is merely less polite.
  setpriority(PRIO_PROCESS, static_cast<id_t>(gettid()), kNice);
  Parser parser(options_);
  std::unique_lock lock(mutex_);
  while (true) {
    changed_.wait(lock, [this] { return over_ || !waiting_.empty(); });
    if (over_) return;
    const std::shared_ptr<LineBlock> block = std::move(waiting_.front());
    waiting_.pop_front();
    lock.unlock();
    if (block->Claim()) {
      block->Parse(parser);
      parsed_();
    }
    lock.lock();
  }
}

}  // namespace introspectd::update
