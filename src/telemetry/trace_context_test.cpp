#include "telemetry/trace_context.h"

#include <gtest/gtest.h>

namespace vitrine::telemetry {
namespace {

TEST(TraceContext, a_valid_traceparent_is_continued) {
  const auto context = continue_trace("00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01");
  EXPECT_EQ(context.trace_id, "0af7651916cd43dd8448eb211c80319c");
  EXPECT_EQ(context.parent_id, "b7ad6b7169203331");
  EXPECT_TRUE(context.sampled);
  EXPECT_NE(context.span_id, context.parent_id);
  EXPECT_EQ(context.traceparent(),
            "00-0af7651916cd43dd8448eb211c80319c-" + context.span_id + "-01");
  EXPECT_FALSE(continue_trace("00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-00").sampled);
  EXPECT_EQ(continue_trace("01-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01-more").trace_id,
            "0af7651916cd43dd8448eb211c80319c");
}

TEST(TraceContext, an_invalid_traceparent_begins_a_new_trace) {
  for (const char* sent : {"", "nonsense", "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331",
                           "00-00000000000000000000000000000000-b7ad6b7169203331-01",
                           "00-0af7651916cd43dd8448eb211c80319c-0000000000000000-01",
                           "00-0AF7651916CD43DD8448EB211C80319C-b7ad6b7169203331-01",
                           "ff-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
                           "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01-more"}) {
    const auto context = continue_trace(sent);
    EXPECT_EQ(context.trace_id.size(), 32) << sent;
    EXPECT_EQ(context.parent_id, "") << sent;
    EXPECT_NE(context.trace_id, continue_trace(sent).trace_id);
  }
}

TEST(TraceContext, request_ids_are_kept_only_if_safe_in_logs) {
  EXPECT_EQ(request_id("order-7/a", "x"), "order-7/a");
  EXPECT_EQ(request_id("", "x"), "x");
  EXPECT_EQ(request_id("a\nb", "x"), "x");
  EXPECT_EQ(request_id("\"", "x"), "x");
  EXPECT_EQ(request_id(std::string(129, 'a'), "x"), "x");
}

}  // namespace
}  // namespace vitrine::telemetry
