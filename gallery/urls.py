from django.urls import path

from gallery import albumviews, bringing, comparing, doing, downloads, media, trashviews, uploads, views

app_name = "gallery"
urlpatterns = [
    path("gallery/", views.index, name="index"),
    path("gallery/filters/", views.filters, name="filters"),
    path("gallery/months/", views.months, name="months"),
    path("gallery/numbers/", doing.numbers, name="numbers"),
    path("gallery/link/", doing.gather, name="link"),
    path("gallery/act/", doing.act, name="act"),
    path("gallery/undo/<uuid:deed_id>/", doing.undo, name="undo"),
    path("trash/", trashviews.trash, name="trash"),
    path("trash/delete/", trashviews.delete, name="delete"),
    path("trash/empty/", trashviews.empty, name="empty"),
    path("trash/restore/", trashviews.restore, name="restore"),
    path("compare/", comparing.compare, name="compare"),
    path("images/<int:image_id>/", views.image, name="image"),
    path("images/<int:image_id>/note/", views.note, name="note"),
    path("images/<int:image_id>/project/", views.move, name="move"),
    path("media/<int:image_id>/original/", media.original, name="original"),
    path("media/<int:image_id>/<int:width>.webp", media.preview, name="preview"),
    path("media/<int:image_id>/download/", downloads.download, name="download"),
    path("downloads/", downloads.download_many, name="download_many"),
    path("uploads/", uploads.add, name="upload"),
    path("uploads/known/", uploads.known, name="known"),
    path("albums/", albumviews.albums, name="albums"),
    path("albums/choose/", albumviews.choose, name="choose_album"),
    path("albums/<int:album_id>/", albumviews.album, name="album"),
    path("albums/<int:album_id>/change/", albumviews.change, name="change_album"),
    path("albums/<int:album_id>/share/", albumviews.share, name="share_album"),
    path("albums/<int:album_id>/unshare/", albumviews.unshare, name="unshare_album"),
    path("albums/<int:album_id>/order/", albumviews.order, name="order_album"),
    path("albums/<int:album_id>/cover/", albumviews.cover, name="cover_album"),
    path("albums/<int:album_id>/trash/", albumviews.trash, name="trash_album"),
    path("albums/<int:album_id>/restore/", albumviews.restore, name="restore_album"),
    path("gallery/add/", bringing.bring, name="bring"),
]
