// JSON values for NDJSON output; nothing else includes the JSON library.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace sockbox::report {

// A JSON value under construction. Objects keep their members in the order in which they were set.
// Text may contain any bytes: those that are not valid UTF-8 are written as the characters \xNN.
// Numbers that JSON cannot represent (NaN, infinities) become null.
//
//     Json result = event("echo", "result");
//     result.set("sent", 3).set("errors", Json::array().push("timeout"));
//     fmt::print("{}\n", result.to_string());
class Json {
  public:
    static Json object();
    static Json array();

    Json();  // null
    Json(std::nullptr_t) : Json() {}
    Json(bool value);
    Json(int value);
    Json(unsigned value);
    Json(long value);
    Json(unsigned long value);
    Json(long long value);
    Json(unsigned long long value);
    Json(double value);
    Json(std::string_view text);
    Json(const char* text) : Json(std::string_view(text)) {}
    Json(const std::string& text) : Json(std::string_view(text)) {}
    template <class T>
    Json(const std::optional<T>& value) : Json(value ? Json(*value) : Json()) {}

    Json(const Json& other);
    Json(Json&& other) noexcept;
    Json& operator=(Json other) noexcept;
    ~Json();

    // Sets a member of an object; an existing one keeps its place.
    Json& set(std::string_view name, Json value);
    // Appends to an array.
    Json& push(Json value);

    // One line, without a newline.
    std::string to_string() const;

  private:
    struct Value;
    std::unique_ptr<Value> value_;
};

// {"symbol": ..., "code": ..., "message": ...}; an empty symbol becomes null.
Json error_object(std::string_view symbol, int code, std::string_view message);

// An object with the members that every line of output starts with: {"tool": ..., "event": ...}.
Json event(std::string_view tool, std::string_view name);

}  // namespace sockbox::report
