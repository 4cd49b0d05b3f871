#include "token/page_supply.h"

#include <malloc.h>
#include <pthread.h>

#include <chrono>

namespace introspectd::token {

namespace {

char* FreshPage() {
  char* page = MapPages(kHugePage, kHugePage);
  PreferHugePages(page, kHugePage);
  return page;
}

// Without huge pages each of the small ones has to be touched.
void Touch(char* page) {
  constexpr std::size_t kSmallPage = 4096;
  for (std::size_t at = 0; at < kHugePage; at += kSmallPage) {
    *const_cast<volatile char*>(page + at) = 0;
  }
}

}  // namespace

PageSupply::~PageSupply() {
  {
    const std::lock_guard lock(mutex_);
    over_ = true;
  }
  changed_.notify_one();
  if (thread_.joinable()) thread_.join();
  for (char* page : ready_) UnmapPages(page, kHugePage);
  for (char* page : unwanted_) UnmapPages(page, kHugePage);
}

char* PageSupply::Take() {
  const std::lock_guard lock(mutex_);
  if (!thread_.joinable()) thread_ = std::thread([this] { Run(); });
  asked_ = true;
  idle_ = false;
  changed_.notify_one();
  if (ready_.empty()) return FreshPage();
  char* page = ready_.back();
  ready_.pop_back();
  return page;
}

void PageSupply::GiveBack(char* page) {
  const std::lock_guard lock(mutex_);
  if (ready_.size() < kReady && !idle_) return ready_.push_back(page);
  unwanted_.push_back(page);
  changed_.notify_one();
}

void PageSupply::Run() {
  pthread_setname_np(pthread_self(), "pages");
  std::unique_lock lock(mutex_);
  while (!over_) {
    if (!Work(lock)) Rest(lock);
  }
}

// Until there is work. A store that has stopped growing needs no pages.
void PageSupply::Rest(std::unique_lock<std::mutex>& lock) {
  constexpr std::chrono::seconds kPatience(10);
  if (idle_) return changed_.wait(lock);
  asked_ = false;
  if (changed_.wait_for(lock, kPatience) == std::cv_status::no_timeout || asked_) return;
  idle_ = true;
  unwanted_.insert(unwanted_.end(), ready_.begin(), ready_.end());
  ready_.clear();
  lock.unlock();
  malloc_trim(0);  // tokens that have gone left something there, too
  lock.lock();
}

bool PageSupply::Work(std::unique_lock<std::mutex>& lock) {
  if (!unwanted_.empty()) {
    char* page = unwanted_.back();
    unwanted_.pop_back();
    lock.unlock();
    UnmapPages(page, kHugePage);
    lock.lock();
    return true;
  }
  if (idle_ || ready_.size() >= kReady) return false;
  lock.unlock();
  char* page = FreshPage();
  Touch(page);
  lock.lock();
  ready_.push_back(page);
  return true;
}

}  // namespace introspectd::token
