#pragma once

#include <cstddef>
#include <string>

namespace biovil {

/// A file mapped privately: pages are read when they are touched and shared with other processes until
/// written.
class MappedFile {
 public:
  /// `identity`: of the file that is meant, as WeightSource has it, or null. Throws ERR_CHECKPOINT_CHANGED.
  MappedFile(const std::string& path, const char* identity);
  ~MappedFile();
  MappedFile(const MappedFile&) = delete;
  MappedFile& operator=(const MappedFile&) = delete;

  char* data() const { return data_; }
  size_t size() const { return size_; }
  const std::string& path() const { return path_; }

 private:
  const std::string path_;
  char* data_ = nullptr;
  size_t size_ = 0;
};

}  // namespace biovil
