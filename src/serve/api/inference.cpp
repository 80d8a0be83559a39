#include "serve/api/inference.h"

#include <algorithm>

#include "serve/api/shadow.h"

namespace vitrine::serve {
namespace {

/// Table requests up to this size (bytes) are answered on the event loop: passing them to another
/// thread would take longer than the prediction.
constexpr std::size_t kAtOnce = std::size_t{16} << 10;

/// Tables up to this size are reused by the next request of the thread.
constexpr std::size_t kKeptRows = 100;

void after_answer(Services& services, const RequestContext& context, const ProtocolAdapter& adapter,
                  const InferenceRequest& inference, const engine::Predictions& predictions) {
  if (!adapter.recorded()) return;
  const ServedModel& model = *context.model;
  if (model.predictor) {
    model.drift->observe(inference.table);
    data::count_unusual(model.card->schema, inference.table,
                        [&](const data::Column& column, const char* kind, std::size_t count) {
                          model.metrics->unusual(column.key, kind, count);
                        });
  }
  model.drift->observe(predictions.predicted);
  if (services.options.predictions) {
    services.options.predictions->write(context.id, model,
                                        model.predictor ? &inference.table : nullptr, predictions,
                                        inference.warnings);
  }
  if (context.entry->routing.shadow != 0)
    ask_shadow(services.scheduler, context, adapter, predictions);
}

/// Reads, predicts and writes on this thread (tables and tensors).
HttpResponse answer_now(Services& services, RequestContext& context, ProtocolAdapter& adapter) {
  const ServedModel& model = *context.model;
  try {
    const Time began = services.scheduler.time().now();
    InferenceRequest inference = read_with_permit(adapter, model, context.request);
    const Time read = services.scheduler.time().now();
    context.times.decode = read - began;
    if (model.tensors) {
      auto outputs = model.tensors->run(inference.tensors);
      context.times.infer = services.scheduler.time().now() - read;
      return adapter.write_tensors(model, std::move(outputs));
    }
    engine::Predictions predictions = model.predictor->predict(inference.table);
    adapter.decide(predictions);
    context.times.infer = services.scheduler.time().now() - read;
    HttpResponse response = adapter.write(model, inference, predictions);
    after_answer(services, context, adapter, inference, predictions);
    if (inference.table.rows <= kKeptRows) reusable_table() = std::move(inference.table);
    return response;
  } catch (...) {
    return error_response(context, &adapter, std::current_exception());
  }
}

void infer_on_worker(Services& services, const ContextPointer& context,
                     const std::shared_ptr<ProtocolAdapter>& adapter, CompletionCallback& done) {
  auto taken = std::make_shared<CompletionCallback>(std::move(done));
  try {
    const auto& load = adapter->takes_long() ? context->model->explain_load : context->model->load;
    services.scheduler.submit(
        std::shared_ptr<ModelLoad>(context->model, load.get()), context->ticket,
        [&services, context, adapter, taken](const Refusal* refusal) {
          context->times.queue = services.scheduler.time().now() - context->ticket.arrived;
          HttpResponse response =
              refusal != nullptr
                  ? error_response(*context, adapter.get(), std::make_exception_ptr(*refusal))
                  : answer_now(services, *context, *adapter);
          (*taken)(finish(services, *context, std::move(response)));
        });
  } catch (...) {
    done = std::move(*taken);
    throw;
  }
}

void infer_photos(Services& services, const ContextPointer& context,
                  const std::shared_ptr<ProtocolAdapter>& adapter, CompletionCallback& done) {
  auto inference = std::make_shared<InferenceRequest>();
  auto taken = std::make_shared<CompletionCallback>(std::move(done));
  try {
    context->model->photo_queue->submit(
        context->ticket,
        [context, adapter, inference] {
          *inference = read_with_permit(*adapter, *context->model, context->request);
          return std::move(inference->pixels);
        },
        [&services, context, adapter, inference, taken](PhotoAnswer answer) {
          HttpResponse response;
          try {
            if (answer.failure) std::rethrow_exception(answer.failure);
            context->times.queue = answer.queue;
            context->times.decode = answer.decode;
            context->times.infer = answer.infer;
            adapter->decide(answer.predictions);
            response = adapter->write(*context->model, *inference, answer.predictions);
            answer.predictions.drop_last(adapter->occluded_photos());
            after_answer(services, *context, *adapter, *inference, answer.predictions);
          } catch (...) {
            response = error_response(*context, adapter.get(), std::current_exception());
          }
          (*taken)(finish(services, *context, std::move(response)));
        });
  } catch (...) {
    done = std::move(*taken);
    throw;
  }
}

}  // namespace

Answer infer(Services& services, const ContextPointer& context,
             const std::shared_ptr<ProtocolAdapter>& adapter, CompletionCallback& done) {
  if (context->head_only) return HttpResponse();
  Ticket& ticket = context->ticket;
  try {
    if (const auto timeout = adapter->timeout(context->request)) {
      ticket.deadline = std::min(ticket.deadline, ticket.arrived + *timeout);
    }
    const ServedModel& model = *context->model;
    if (model.predictor && context->request.body.size() <= kAtOnce && !adapter->takes_long()) {
      services.scheduler.admit_at_once(ticket);
      return answer_now(services, *context, *adapter);
    }
    if (model.photos) {
      infer_photos(services, context, adapter, done);
    } else {
      infer_on_worker(services, context, adapter, done);
    }
    return std::nullopt;
  } catch (...) {
    return error_response(*context, adapter.get(), std::current_exception());
  }
}

}  // namespace vitrine::serve
