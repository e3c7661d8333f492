#include "engine/failure.h"

#include <algorithm>
#include <cstring>

namespace biovil {
namespace {

template <size_t N>
void copy_text(char (&to)[N], const char* from, size_t length) {
  length = std::min(length, N - 1);
  std::memcpy(to, from, length);
  to[length] = '\0';
}

bool contains(const std::string& text, const char* part) { return text.find(part) != std::string::npos; }

/// What went wrong, without the interpreter's listing of the serialized graph, which says nothing to a user.
std::string tidy(const std::string& text) {
  const char kind[] = "RuntimeError: ";
  size_t start = text.rfind(kind);
  std::string tidied = start == std::string::npos ? text : text.substr(start + sizeof(kind) - 1);
  size_t backtrace = tidied.find("\nException raised from");
  if (backtrace != std::string::npos) tidied.resize(backtrace);
  while (!tidied.empty() && (tidied.back() == '\n' || tidied.back() == ' ')) tidied.pop_back();
  return tidied;
}

}  // namespace

void write_failure(Failure* failure, const char* code, const std::string& message) {
  copy_text(failure->code, code, std::strlen(code));
  copy_text(failure->message, message.data(), message.size());
}

void write_torch_failure(Failure* failure, const std::string& text) {
  bool memory = contains(text, "out of memory") || contains(text, "DefaultCPUAllocator") ||
                contains(text, "std::bad_alloc");
  write_failure(failure, memory ? "ERR_OUT_OF_MEMORY" : "ERR_NATIVE", tidy(text));
}

}  // namespace biovil
