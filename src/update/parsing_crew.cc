#include "update/parsing_crew.h"

#include <pthread.h>
#include <sys/resource.h>
#include <unistd.h>

#include <system_error>
#include <utility>

namespace introspectd::update {

namespace {

constexpr int kNice = 10;

}  // namespace

ParsingCrew::ParsingCrew(const ParserOptions& options, std::size_t threads,
                         std::function<void()> parsed)
    : options_(options), parsed_(std::move(parsed)) {
  try {
    for (std::size_t i = 0; i < threads; ++i) threads_.emplace_back([this] { Run(); });
  } catch (const std::system_error&) {
  }
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

void ParsingCrew::Submit(const std::shared_ptr<LineBlock>& block) {
  {
    const std::lock_guard lock(mutex_);
    while (!waiting_.empty() && waiting_.front().expired()) waiting_.pop_front();
    waiting_.push_back(block);
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
    std::shared_ptr<LineBlock> block = waiting_.front().lock();
    waiting_.pop_front();
    lock.unlock();
    if (block != nullptr && block->Claim()) {
      block->Parse(parser);
      parsed_();
    }
    block.reset();
    lock.lock();
  }
}

}  // namespace introspectd::update
