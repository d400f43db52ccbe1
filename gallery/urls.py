from django.urls import path

from gallery import bringing, doing, downloads, media, trashviews, uploads, views

app_name = "gallery"
urlpatterns = [
    path("gallery/", views.index, name="index"),
    path("gallery/filters/", views.filters, name="filters"),
    path("gallery/months/", views.months, name="months"),
    path("gallery/act/", doing.act, name="act"),
    path("gallery/undo/<uuid:deed_id>/", doing.undo, name="undo"),
    path("trash/", trashviews.trash, name="trash"),
    path("trash/delete/", trashviews.delete, name="delete"),
    path("trash/empty/", trashviews.empty, name="empty"),
    path("images/<int:image_id>/", views.image, name="image"),
    path("images/<int:image_id>/project/", views.move, name="move"),
    path("media/<int:image_id>/original/", media.original, name="original"),
    path("media/<int:image_id>/<int:width>.webp", media.preview, name="preview"),
    path("media/<int:image_id>/download/", downloads.download, name="download"),
    path("downloads/", downloads.download_many, name="download_many"),
    path("uploads/", uploads.add, name="upload"),
    path("uploads/known/", uploads.known, name="known"),
    path("gallery/add/", bringing.bring, name="bring"),
]
