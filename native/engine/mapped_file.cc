#include "engine/mapped_file.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "engine/failure.h"

namespace biovil {
namespace {

/// Closes when it goes; close() may change errno, so errors are read before.
struct Descriptor {
  const int number;
  ~Descriptor() {
    if (number >= 0) close(number);
  }
};

[[noreturn]] void fail(const std::string& what, const std::string& path) {
  const char* code = errno == ENOMEM ? "ERR_OUT_OF_MEMORY" : "ERR_NATIVE";
  throw EngineError(code, what + " " + path + ": " + std::strerror(errno));
}

std::string identity_of(const struct stat& status) {
  const int64_t nanoseconds = status.st_mtim.tv_sec * int64_t{1000000000} + status.st_mtim.tv_nsec;
  return std::to_string(status.st_dev) + ":" + std::to_string(status.st_ino) + ":" +
         std::to_string(status.st_size) + ":" + std::to_string(nanoseconds);
}

}  // namespace

MappedFile::MappedFile(const std::string& path, const char* identity) : path_(path) {
  const Descriptor file{open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK)};
  if (file.number < 0) fail("Cannot open", path);
  struct stat status = {};
  if (fstat(file.number, &status) != 0) fail("Cannot read the size of", path);
  if (!S_ISREG(status.st_mode)) throw EngineError("ERR_NATIVE", path + " is not a regular file");
  if (identity != nullptr && identity_of(status) != identity) {
    throw EngineError("ERR_CHECKPOINT_CHANGED", path + " was replaced or written since its index was read");
  }
  size_ = static_cast<size_t>(status.st_size);
  if (size_ == 0) return;
  // Writable, because libtorch takes no read-only memory; private, so that no write could reach the file.
  void* data = mmap(nullptr, size_, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_NORESERVE, file.number, 0);
  if (data == MAP_FAILED) fail("Cannot map", path);
  data_ = static_cast<char*>(data);
  madvise(data_, size_, MADV_WILLNEED);
}

MappedFile::~MappedFile() {
  if (data_ != nullptr) munmap(data_, size_);
}

}  // namespace biovil
